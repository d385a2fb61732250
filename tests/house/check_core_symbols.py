"""The core's archive holds no variable that could change, and asks its surroundings for nothing but the crypto
library and functions on memory and text.

usage: check_core_symbols.py NM ARCHIVE
"""

import re
import subprocess
import sys

# Sections whose data can be written. .data.rel.ro is for constants that hold addresses.
VARIABLE_SECTION = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*|\.sdata|\.sbss)")

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
    output = subprocess.run([nm, "--format=sysv", archive], check=True, text=True, stdout=subprocess.PIPE).stdout
    defined, needed, variables = set(), {}, []
    member = archive
    for line in output.splitlines():
        # Symbols from libblemesh.a[net.c.o]:
        # bm_net_init |0000000000000140| T | FUNC|0000000000000040| |.text
        if line.startswith(("Symbols from ", "Undefined symbols from ")):
            member = line[line.find("[") + 1:line.rfind("]")] if "[" in line else line
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7:
            continue
        symbol, kind, section = fields[0], fields[2], fields[6]
        if section == "*UND*":
            needed.setdefault(symbol, member)
            continue
        defined.add(symbol)
        if kind not in "tT" and VARIABLE_SECTION.match(section):
            variables.append(f"{member}: {symbol} is a variable of the whole process ({section})")
    foreign = [f"{member}: asks for {symbol}" for symbol, member in sorted(needed.items())
               if symbol not in defined and not ALLOWED.match(symbol)]
    complaints = variables + foreign
    print("\n".join(complaints + [f"{len(defined)} symbols defined, {len(complaints)} complaints"]))
    return 1 if complaints or not defined else 0


if __name__ == "__main__":
    sys.exit(main())
