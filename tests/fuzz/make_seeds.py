"""Writes every octet string of the sample data into a folder, a file each: where the fuzzers start from. FOLDER-node gets
those that fit into an advertisement, framed as fuzz_node.c takes them.

usage: make_seeds.py FOLDER VECTORS.json…
"""

import hashlib
import json
import pathlib
import re
import sys

# The longest provisioning PDU has 65 octets, the longest access message 380.
ADVERTISED_MAX = 29
HEX = re.compile(r"([0-9a-fA-F]{2}){1,400}")


def octet_strings(value):
    """All strings of hexadecimal octets anywhere in a JSON value."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and HEX.fullmatch(value):
            yield bytes.fromhex(value)


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for octets in seeds:
        (folder / hashlib.sha1(octets).hexdigest()).write_bytes(octets)


def frames_for_node(octets):
    """Heard without a pause under each of the three AD types, by an unprovisioned and by a provisioned node."""
    frames = b"".join(bytes([0, kind, len(octets)]) + octets for kind in range(3))
    return [bytes([provisioned]) + frames for provisioned in range(2)]


def main():
    folder = pathlib.Path(sys.argv[1])
    seeds = {octets for name in sys.argv[2:]
             for octets in octet_strings(json.loads(pathlib.Path(name).read_text(encoding="utf-8")))}
    write(folder, seeds)
    write(folder.with_name(folder.name + "-node"),
          [frames for octets in seeds if len(octets) <= ADVERTISED_MAX for frames in frames_for_node(octets)])
    if not seeds:
        sys.exit("make_seeds.py: the sample data hold no octets")


if __name__ == "__main__":
    main()
