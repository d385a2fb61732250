"""Source files read well: short enough, opened by a comment that says what they are for (unit tests need none: they stand
beside what they test), no blanks at line ends, no left-over merge marks.

usage: check_text.py SOURCE_ROOT
"""

import pathlib
import sys

MAX_LINES = 600
FOLDERS = ["src", "include", "bindings", "tests", "examples", "scripts", "cmake"]
SUFFIXES = {".c", ".h", ".py", ".cmake", ".sh"}
OPENINGS = {".c": ("/*", "//"), ".h": ("/*", "//"), ".py": ("#", '"""'), ".cmake": ("#",), ".sh": ("#",)}


def check_file(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines:
        if path.name != "__init__.py":
            yield "is empty"
        return
    if len(lines) > MAX_LINES:
        yield f"has {len(lines)} lines, more than {MAX_LINES}: a concept is hiding in it"
    if "unit" not in path.parts and not lines[0].startswith(OPENINGS[path.suffix]):
        yield "does not open with a comment that says what it is for"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"line {number} ends in blanks"
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            yield f"line {number} is a left-over merge mark"


def main():
    root = pathlib.Path(sys.argv[1])
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
             if path.suffix in SUFFIXES and path.is_file()]
    complaints = [f"{path.relative_to(root)}: {complaint}" for path in files for complaint in check_file(path)]
    print("\n".join(complaints + [f"{len(files)} files, {len(complaints)} complaints"]))
    return 1 if complaints or not files else 0


if __name__ == "__main__":
    sys.exit(main())
