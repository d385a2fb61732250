"""The core's archive holds no variable that could change, and asks its surroundings for nothing but the crypto
library and functions on memory and text.

usage: check_core_symbols.py NM ARCHIVE
"""

import re
import subprocess
import sys

# nm's letters for data that can be written: .data, .bss, common, small data; v and V are weak objects.
VARIABLE_TYPES = set("bBdDCGgSsVv")

ALLOWED = re.compile(r"""^(
    mbedtls_\w+
  | mem(cpy|move|set|cmp|chr) | str(len|nlen|cmp|ncmp|chr)
  | v?snprintf | __v?snprintf_chk
  | __mem(cpy|move|set)_chk | __explicit_bzero_chk | explicit_bzero
  | __stack_chk_fail | __assert_fail | _GLOBAL_OFFSET_TABLE_
  | l?l?round[fl]? | llrint | nearbyint | floor | ceil | fabs | ldexp | pow10? | pow
)$""", re.VERBOSE)


def main():
    nm, archive = sys.argv[1:]
    output = subprocess.run([nm, "--print-file-name", "--format=posix", archive], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    defined, needed, variables = set(), {}, []
    for line in output.splitlines():
        # libblemesh.a[net.c.o]: bm_net_init T 0 40
        place, rest = line.rsplit(": ", 1) if ": " in line else ("", line)
        fields = rest.split()
        if len(fields) < 2:
            continue
        symbol, kind = fields[:2]
        member = place[place.find("[") + 1:].rstrip("]")
        if kind in "Uw":
            needed.setdefault(symbol, member)
            continue
        defined.add(symbol)
        if kind in VARIABLE_TYPES:
            variables.append(f"{member}: {symbol} is a variable of the whole process ({kind})")
    foreign = [f"{member}: asks for {symbol}" for symbol, member in sorted(needed.items())
               if symbol not in defined and not ALLOWED.match(symbol)]
    complaints = variables + foreign
    print("\n".join(complaints + [f"{len(defined)} symbols defined, {len(complaints)} complaints"]))
    return 1 if complaints or not defined else 0


if __name__ == "__main__":
    sys.exit(main())
