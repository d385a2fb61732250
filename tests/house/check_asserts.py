"""Nothing is asserted, in the core or above it: a check that a release build drops is no check. So what the fuzzers and
the tests see with assertions is what a release build does without.

usage: check_asserts.py ROOT
"""

import pathlib
import re
import sys

FOLDERS = ["include", "src", "bindings"]
ASSERT = re.compile(r"(?<![_\w])assert\s*\(|#\s*include\s*<assert\.h>|#\s*if(n?def|\s.*)\s*\(?NDEBUG")


def main():
    root = pathlib.Path(sys.argv[1])
    files = [path for folder in FOLDERS for path in [root / folder, *(root / folder).rglob("*")]
             if path.suffix in (".c", ".h") and path.is_file()]
    complaints = [f"{path.relative_to(root)}:{number}: {line.strip()}"
                  for path in files
                  for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
                  if ASSERT.search(line)]
    print("\n".join(complaints + [f"{len(files)} files, {len(complaints)} complaints"]))
    return 1 if complaints or not files else 0


if __name__ == "__main__":
    sys.exit(main())
