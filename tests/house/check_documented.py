"""Every function, type and macro of a public header is documented: by a comment above it or behind it, or by one above
the group that it stands in (declarations without an empty line between them, or all up to the next section comment).

usage: check_documented.py SOURCE_ROOT
"""

import pathlib
import re
import sys

GUARD = re.compile(r"#define BLEMESH_\w+_H$")


def chunks(text):
    """Comments and declarations in order, each with its first line's number, and whether an empty line stands before."""
    lines = text.splitlines()
    at, empty = 0, True
    while at < len(lines):
        line = lines[at]
        begin = at
        if not line.strip():
            at, empty = at + 1, True
            continue
        if line.startswith("/*"):
            while "*/" not in lines[at]:
                at += 1
            kind = "comment"
        elif line.startswith("#"):
            while lines[at].endswith("\\"):
                at += 1
            kind = "directive"
        else:
            depth = 0
            while True:
                code = re.sub(r"/\*.*?(\*/|$)", "", lines[at])
                depth += code.count("{") + code.count("(") - code.count("}") - code.count(")")
                done = depth <= 0 and (code.rstrip().endswith((";", "}")) or not code.strip())
                if done or at + 1 == len(lines):
                    break
                at += 1
            kind = "declaration"
        yield kind, begin + 1, "\n".join(lines[begin:at + 1]), empty
        at, empty = at + 1, False


def needs_words(kind, text):
    if kind == "directive":
        return text.startswith("#define") and not GUARD.match(text.splitlines()[0])
    if re.match(r"(struct|enum|union) \w+;", text) or text.startswith(("extern \"C\"", "}")):
        return False
    return True


def check(path):
    documented = False  # by what stands above
    section = False  # a comment for all that follows
    for kind, number, text, empty in list(chunks(path.read_text(encoding="utf-8")))[1:]:
        if kind == "comment":
            section = text.startswith("/*\n")
            documented = True
            continue
        if not needs_words(kind, text):
            continue
        if empty and not section:
            documented = False
        if not documented and "/*" not in text:
            yield number, text.splitlines()[0]


def main():
    root = pathlib.Path(sys.argv[1])
    headers = sorted((root / "include").rglob("*.h"))
    complaints = [f"{path.relative_to(root)}:{number}: nothing says what this is: {line}" for path in headers
                  for number, line in check(path)]
    print("\n".join(complaints + [f"{len(headers)} headers, {len(complaints)} declarations without a word"]))
    return 1 if complaints or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
