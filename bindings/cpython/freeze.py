"""Writes Python modules, compiled, as a C header: freeze.py HEADER MODULE.py…"""

import marshal
import pathlib
import sys


def rows(octets):
    for i in range(0, len(octets), 24):
        yield "\t" + ",".join(str(octet) for octet in octets[i : i + 24]) + ","


def main(header, *paths):
    out = ["/* Made by freeze.py. */", "#include <Python.h>", ""]
    table = []
    for path in map(pathlib.Path, paths):
        name = path.stem
        code = compile(path.read_bytes(), "<%s>" % name, "exec", dont_inherit=True)
        octets = marshal.dumps(code)
        out += ["static const unsigned char frozen_%s[] = {" % name, *rows(octets), "};"]
        table.append('\t{"%s", frozen_%s, %d, 0, NULL},' % (name, name, len(octets)))
    out += ["", "static const struct _frozen bm_frozen_modules[] = {", *table, "\t{NULL, NULL, 0, 0, NULL},", "};"]
    pathlib.Path(header).write_text("\n".join(out) + "\n")


main(*sys.argv[1:])
