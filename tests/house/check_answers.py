"""docs/answers.md is what the test of its rows prints; with --write it is made so.

usage: check_answers.py [--write] TEST_PROGRAM SOURCE_ROOT
"""

import difflib
import pathlib
import subprocess
import sys


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    program, root = arguments
    page = pathlib.Path(root) / "docs" / "answers.md"
    printed = subprocess.run([program, "--page"], check=True, capture_output=True, text=True).stdout
    if "--write" in sys.argv:
        page.write_text(printed, encoding="utf-8")
    written = page.read_text(encoding="utf-8") if page.is_file() else ""
    sys.stdout.writelines(difflib.unified_diff(written.splitlines(True), printed.splitlines(True), "docs/answers.md",
                                               "what the tests say"))
    if written != printed:
        print(f"docs/answers.md is not what the tests say: tests/house/check_answers.py --write {program} {root}")
    return written != printed or printed.count("\n| ") < 100


if __name__ == "__main__":
    sys.exit(main())
