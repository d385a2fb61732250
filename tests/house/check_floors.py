"""A file includes only files of its own floor or of floors below it, and the core includes no header that would give it
a clock, a file, a thread, a socket or an allocator. src/node/ alone wires the core's floors together.

usage: check_floors.py SOURCE_ROOT
"""

import pathlib
import re
import sys

# From the ground up. include/blemesh/ counts as the ground: everybody may use it.
CORE = ["base", "crypto", "pdu", "net", "transport", "friend", "access", "prov", "proxy", "models", "store", "node"]
ABOVE = ["host", "sim", "posix", "script", "bindings", "cli"]
FLOORS = CORE + ABOVE
# Floors that stand side by side: neither may know the other.
APART = [{"prov", "transport"}, {"prov", "access"}, {"prov", "net"}, {"models", "prov"}, {"crypto", "pdu"}]

# All that the core may take from outside. stdio.h is for snprintf alone: check_core_symbols.py sees to that.
CORE_SYSTEM_HEADERS = {"stdint.h", "stddef.h", "stdbool.h", "stdalign.h", "stdarg.h", "string.h", "limits.h",
                       "inttypes.h", "assert.h", "math.h", "float.h", "stdio.h"}
# The crypto port may use what implements it: the library, and a compiler's intrinsics.
PORT_HEADERS = re.compile(r"mbedtls/|[a-z]*mmintrin\.h|cpuid\.h|arm_neon\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def floor_of(path):
    """The floor of a path relative to the source root, or None if it stands outside the house."""
    if path.parts[0] == "bindings":
        return "bindings"
    if path.parts[0] == "src":
        return path.parts[1]
    return None


def resolve(root, including, name):
    """Where a quoted include lies, relative to the source root: beside the file, or under src/, include/ or
    bindings/."""
    for folder in (including.parent, root / "src", root / "include", root / "bindings"):
        candidate = folder / name
        if candidate.is_file():
            return candidate.resolve().relative_to(root)
    return None


def check_quoted(root, path, name):
    here = path.relative_to(root)
    target = resolve(root, path, name)
    if target is None:
        # Above the core a header may be made by the build.
        return f"includes {name}, which is not there" if floor_of(here) in CORE else None
    if target.parts[0] == "include":
        return None
    if here.parts[0] == "include":
        return f"is a public header and includes {name}, which is private"
    above, below = floor_of(here), floor_of(target)
    if below not in FLOORS:
        return f"includes {name} of an unknown floor"
    if FLOORS.index(below) > FLOORS.index(above):
        return f"includes {name}: {below} stands above {above}"
    if {above, below} in APART:
        return f"includes {name}: {above} and {below} stand side by side"
    return None


def check_system(here, name):
    floor = floor_of(here)
    if floor not in CORE and here.parts[0] != "include":
        return None
    if name in CORE_SYSTEM_HEADERS:
        return None
    if floor == "crypto" and here.name.startswith("port_") and PORT_HEADERS.match(name):
        return None
    return f"includes <{name}>, which the core does without"


def check_file(root, path):
    here = path.relative_to(root)
    floor = floor_of(here)
    if floor is not None and floor not in FLOORS:
        yield f"{here}: {floor} is no floor of the house"
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, system = match.groups()
        complaint = check_quoted(root, path, quoted) if quoted else check_system(here, system)
        if complaint:
            yield f"{here}:{number}: {complaint}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    files = [path for folder in ("src", "include", "bindings") for path in sorted((root / folder).rglob("*.[ch]"))]
    complaints = [complaint for path in files for complaint in check_file(root, path)]
    print("\n".join(complaints + [f"{len(files)} files, {len(complaints)} complaints"]))
    return 1 if complaints or not files else 0


if __name__ == "__main__":
    sys.exit(main())
