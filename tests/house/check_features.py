"""docs/features.md names a test for each feature, docs/security.md one for each known attack, and each test named is there.
Where the list of attacks that the project was given lies beside the source, each row of it stands in docs/security.md.

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


def rows_of(page):
    """The rows of a page's tables, but for their heads: line number and line."""
    lines = page.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        head = number < len(lines) and lines[number].startswith("| ---")
        if line.startswith("|") and not head and not set(line) <= set("| -"):
            yield number, line


def attack_of(line):
    return line.strip().strip("|").split("|")[0].strip()


def missing_attacks(root):
    facts = root.parent / "shared" / "facts" / "security.md"
    if not facts.is_file():
        return []
    known = {attack_of(line) for _, line in rows_of(root / "docs" / "security.md")}
    return [f"docs/security.md has no row: {attack_of(line)}" for _, line in rows_of(facts)
            if attack_of(line) not in known]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    complaints = missing_attacks(root)
    counts = []
    for name in ("features.md", "security.md"):
        rows = list(rows_of(root / "docs" / name))
        counts.append(len(rows))
        complaints += [f"docs/{name}:{number}: {what}" for number, line in rows for what in complaints_of(root, line)]
    print("\n".join([*complaints, f"{counts[0]} features, {counts[1]} attacks, {len(complaints)} complaints"]))
    sys.exit(1 if complaints or 0 in counts else 0)


main()
