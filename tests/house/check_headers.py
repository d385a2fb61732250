"""Every public header compiles alone, as strict C11.

usage: check_headers.py COMPILER SOURCE_ROOT
"""

import pathlib
import subprocess
import sys


def main():
    compiler, root = sys.argv[1], pathlib.Path(sys.argv[2])
    headers = sorted((root / "include").rglob("*.h"))
    failed = 0
    for header in headers:
        name = header.relative_to(root / "include")
        # Twice: the include guard is tried too.
        source = f'#include "{name}"\n#include "{name}"\nextern int translation_unit;\n'
        command = [compiler, "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                   "-I", str(root / "include"), "-x", "c", "-"]
        result = subprocess.run(command, input=source, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode != 0:
            failed += 1
            print(result.stdout, end="")
    print(f"{len(headers)} headers, {failed} failed")
    return 1 if failed or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
