"""Builds the core for a Cortex-M4 and links a node (node.c), and tells how much flash and memory it takes, by folder.

usage: firmware_size.py [SOURCE_ROOT]

Fails if the core needs more of a C library than the memory functions, or if the node is larger than the marks below.
Skipped (77) without an arm-none-eabi-gcc.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CC = "arm-none-eabi-gcc"
FLAGS = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c11", "-ffreestanding", "-ffunction-sections", "-fdata-sections",
         "-Wall", "-Werror", "-Wno-unused-result"]  # as CMakeLists.txt: gcc takes (void) for no decision
FLOORS = ["base", "crypto", "pdu", "net", "transport", "friend", "access", "prov", "proxy", "models", "store", "node"]
# A well-known stack with these features: octets of code, of initialised data and of zeroed memory.
MARKS = {"code": 51992, "data": 992, "bss": 6468}
# A section of the map with its size and object; a long name has a line of its own.
SECTION = re.compile(r"^ \.(text|rodata|data|bss)\S*\n? +0x[0-9a-f]+ +0x([0-9a-f]+) (\S+)$", re.M)


def compile_all(root, folder):
    """The objects, by the folder they count for; None: not counted."""
    jobs, objects = [], []
    include = ["-I", root / "include", "-I", root / "src", "-isystem", root / "tests/firmware/libc"]
    sources = [(floor, path) for floor in FLOORS for path in sorted((root / "src" / floor).rglob("*.c"))
               if not path.name.startswith("port_")]
    sources += [(None, root / "tests/firmware/node.c"), (None, root / "tests/firmware/board.c")]
    for number, (floor, path) in enumerate(sources):
        out = folder / f"{number}-{path.stem}.o"
        objects.append((floor, out))
        more = ["-fno-tree-loop-distribute-patterns"] if path.name == "board.c" else []
        jobs.append((path, subprocess.Popen([CC, *FLAGS, *more, *map(str, include), "-c", path, "-o", out])))
        if len(jobs) % 2 == 0:
            jobs[-2][1].wait()
    failed = [str(path) for path, job in jobs if job.wait() != 0]
    if failed:
        sys.exit("does not compile for a board: " + ", ".join(failed))
    return objects


def link(objects, folder):
    """The linker's map: what stayed. Nothing may be missing, so the core needs nothing that board.c has not."""
    elf, text = folder / "node.elf", folder / "node.map"
    subprocess.run([CC, *FLAGS, "-nostdlib", "-Wl,--gc-sections", "-Wl,-e,main", f"-Wl,-Map={text}",
                    *(str(path) for _, path in objects), "-lgcc", "-o", str(elf)], check=True)
    return text.read_text().partition("Linker script and memory map")[2]


def count(text, objects):
    folders = {str(path): floor for floor, path in objects}
    sizes = {}
    for kind, size, path in SECTION.findall(text):
        floor = folders.get(path, "compiler's own" if "libgcc" in path else None)
        if floor:
            row = sizes.setdefault(floor, {"code": 0, "data": 0, "bss": 0})
            row["code" if kind in ("text", "rodata") else kind] += int(size, 16)
    return sizes


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    if not shutil.which(CC):
        print(f"skipped: there is no {CC} (Debian: gcc-arm-none-eabi)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        objects = compile_all(root, folder)
        sizes = count(link(objects, folder), objects)
    total = {kind: sum(row[kind] for row in sizes.values()) for kind in MARKS}
    print(f"{'Cortex-M4, -Os':20}{'code':>8}{'data':>8}{'bss':>8}")
    for name, row in [*sizes.items(), ("all", total), ("mark", MARKS)]:
        print(f"{name:20}{row['code']:8}{row['data']:8}{row['bss']:8}")
    above = [kind for kind in MARKS if total[kind] > MARKS[kind]]
    if above or total["code"] < 10000:
        sys.exit(f"above the mark: {', '.join(above)}" if above else "the map was not understood")


main()
