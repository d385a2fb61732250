"""docs/features.md names a test for each feature, and each test that it names is there.

usage: check_features.py SOURCE_ROOT
"""

import pathlib
import re
import sys

REFERENCE = re.compile(r"\[([a-z_0-9/.]+)\]\(\.\./([^)]+)\)((?: `[^`]+`,?)*)")


def complaints_of(root, row):
    """What is wrong with a row's last cell: links to test files, each followed by names that stand in that file."""
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    found = list(REFERENCE.finditer(cells[-1]))
    if not found:
        yield "names no test"
    for match in found:
        path = root / match.group(2)
        if not match.group(2).startswith("tests/") or not path.is_file():
            yield f"{match.group(2)} is not there"
            continue
        text = path.read_text()
        for name in re.findall(r"`([^`]+)`", match.group(3)):
            if not re.search(rf"\b{re.escape(name)}\b", text):
                yield f"{match.group(2)} has no {name}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    rows = 0
    complaints = []
    for number, line in enumerate((root / "docs" / "features.md").read_text().splitlines(), 1):
        if not line.startswith("|") or set(line) <= set("| -") or line.startswith("| feature |"):
            continue
        rows += 1
        complaints += [f"docs/features.md:{number}: {what}" for what in complaints_of(root, line)]
    print("\n".join([*complaints, f"{rows} features, {len(complaints)} complaints"]))
    sys.exit(1 if complaints or rows == 0 else 0)


main()
