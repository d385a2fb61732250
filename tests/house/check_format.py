"""Every C file stands as clang-format would write it.

usage: check_format.py CLANG_FORMAT SOURCE_ROOT
"""

import pathlib
import shutil
import subprocess
import sys

FOLDERS = ["src", "include", "bindings", "tests"]


def main():
    clang_format, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which(clang_format):
        print("clang-format is not installed")
        return 77
    files = [str(path.relative_to(root)) for folder in FOLDERS for path in sorted((root / folder).rglob("*.[ch]"))]
    result = subprocess.run([clang_format, "--dry-run", "--Werror", "--ferror-limit=2", *files], cwd=root)
    print(f"{len(files)} files; to mend one: clang-format -i FILE")
    return result.returncode if files else 1


if __name__ == "__main__":
    sys.exit(main())
