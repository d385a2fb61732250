"""blemesh decode and tshark, written by different hands, read the same captures and find the same messages in the same
packets: a run of examples, a network behind a GATT proxy, and one of each message.

usage: test_tshark_decode.py BLEMESH EXAMPLES EVERY_MESSAGE
"""

import collections
import json
import pathlib
import subprocess
import sys

from peers import Sandbox, check, need_program

RUNS = [["onoff_server.py", "onoff_client.py", "sensor_server.py", "sensor_client.py"],
        ["proxy.py", "proxy_only.py", "onoff_server.py"]]


def tshark(capture, keys):
    """What tshark finds: the opcode of the access message that each packet brings, and each Network PDU that it opens."""
    options = [word for line in keys.read_text().splitlines() for word in ("-o", line)]
    proxies = [word for handle, uuid in (("0x12", "0x2add"), ("0x14", "0x2ade"))
               for word in ("-d", f"btatt.handle=={handle},btgatt.uuid{uuid}")]
    result = subprocess.run(["tshark", "-r", str(capture), "-2", *options, *proxies, "-T", "fields", "-e", "frame.number",
                             "-e", "btmesh.model.opcode", "-e", "btmesh.src", "-e", "btmesh.seq"], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(result.returncode == 0, "tshark reads the capture")
    messages, opened = {}, {}
    for line in result.stdout.splitlines():
        number, opcode, source, seq = line.split("\t")
        if opcode:
            messages[int(number)] = int(opcode.split(",")[0], 0)
        if source:
            opened[int(number)] = (int(source.split(",")[0], 0), int(seq.split(",")[0], 0))
    return messages, opened


def ours(program, capture, keys):
    result = subprocess.run([program, "decode", "--json", "--keys", keys, capture], stdout=subprocess.PIPE, check=True)
    messages, opened, problems = {}, {}, collections.Counter()
    for packet in map(json.loads, result.stdout.splitlines()):
        for layer in packet["layers"]:
            if layer["layer"] == "access":
                messages[packet["number"]] = layer["opcode"]
            if layer["layer"] == "network" and "src" in layer and layer["title"] == "Network PDU":
                opened[packet["number"]] = (layer["src"], layer["seq"])
            if "problem" in layer:
                problems[layer["problem"]] += 1
    return messages, opened, problems


def compare(program, capture, keys, what, learns=False):
    their_messages, their_opened = tshark(capture, keys)
    messages, opened, problems = ours(program, capture, keys)
    missing = {number: pdu for number, pdu in their_opened.items() if opened.get(number) != pdu}
    check(their_opened and not missing, f"{what}: all {len(their_opened)} Network PDUs that tshark opens, with SRC and SEQ "
          f"({list(missing.items())[:3]})")
    missing = {number: opcode for number, opcode in their_messages.items() if messages.get(number) != opcode}
    check(their_messages and not missing, f"{what}: all {len(their_messages)} messages that tshark finds, in the same "
          f"packets ({list(missing.items())[:3]})")
    known = set(their_messages.values())
    more = {number: hex(opcode) for number, opcode in messages.items()
            if opcode in known and number not in their_messages}
    # Keys and labels that messages hand out open later ones, to us alone.
    check(learns or not more, f"{what}: and no message of these kinds that tshark does not find ({list(more.items())[:3]})")
    text = subprocess.run([program, "decode", "--keys", keys, capture], stdout=subprocess.PIPE, check=True, text=True).stdout
    check(", 0 closed;" in text.splitlines()[-1], f"{what}: {text.splitlines()[-1]}")
    closed = {problem for problem in problems if "private key" not in problem}
    check(not closed, f"{what}: nothing stays closed but Provisioning Data ({sorted(closed)[:3]})")


def main():
    program, examples, every_message = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    need_program("tshark")
    with Sandbox() as sandbox:
        for index, scripts in enumerate(RUNS):
            capture, keys = sandbox.folder / f"run{index}.pcapng", sandbox.folder / f"run{index}.keys"
            subprocess.run([program, "run", "--virtual", "--seed", "5", "--for", "60s", "--pcap", capture, "--keys", keys,
                            *[examples / script for script in scripts]], stdout=subprocess.DEVNULL, check=True)
            compare(program, capture, keys, " and ".join(scripts))
        capture, keys = sandbox.folder / "every.pcapng", sandbox.folder / "every.keys"
        subprocess.run([every_message, capture, keys], stdout=subprocess.DEVNULL, check=True)
        compare(program, capture, keys, "one of each message", learns=True)
    print("all as it should be")


if __name__ == "__main__":
    main()
