"""tshark reads what passes between us and a Bluetooth controller (HCI, link type 201): a board is provisioned over
PB-GATT and configured through a proxy connection, on emulated controllers. Nothing is malformed, the messages are
decrypted, and both GATT services are understood.

usage: test_tshark_hci.py BLEMESH SHIM
"""

import collections
import subprocess
import sys

from btvirt import PROXY, PROXY_ONLY, Controllers, write_script
from peers import Blemesh, Sandbox, check, need_program, wait_until

FIELDS = ["_ws.col.Protocol", "_ws.malformed", "_ws.expert.message", "btmesh.model.opcode", "provisioning.pdu_type",
          "btatt.opcode", "bthci_cmd.opcode"]
# tshark 4.0 does not know the HMAC algorithm of Mesh 1.1: its bit, its value, confirmations and randoms of 32 octets.
ALLOWED_REMARKS = {"RFU value not equal to 0", "Value in RFU range", "Unknown Payload"}
WRITE_COMMAND, NOTIFICATION, MTU_REQUEST = "0x52", "0x1b", "0x02"
# AppKey Add and its Status, Composition Data Status and Get, Model App Bind and its Status.
CONFIGURATION = {0x00, 0x8003, 0x02, 0x8008, 0x803D, 0x803E}
PROVISIONING_PDUS = {"0", "1", "2", "3", "5", "6", "7", "8"}


def record(sandbox, controllers, blemesh):
    """Captures of both sides, and the network's keys."""
    only = write_script(sandbox, "only", PROXY_ONLY)
    proxy = write_script(sandbox, "proxy", PROXY)
    captures = [sandbox.folder / "client.pcapng", sandbox.folder / "proxy.pcapng"]
    keys = sandbox.folder / "keys"
    behind = Blemesh(sandbox, blemesh, "--no-provision", "--radio", controllers.radio, "--pcap", captures[0], only)
    wait_until(lambda: behind.has("prov", board="only", state="beaconing"), 10, "the board waits")
    run = Blemesh(sandbox, blemesh, "--radio", controllers.radio, "--pcap", captures[1], "--keys", keys, proxy)
    wait_until(lambda: sum(event.get("step") == "configured" for event in list(run.events)) == 2, 40,
               "both boards are provisioned and configured")
    for one in (run, behind):
        one.process.terminate()
        one.finish()
    return captures, keys


def decode(capture, keys):
    command = ["tshark", "-r", str(capture), "-2", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E",
               "aggregator=|"]
    for line in keys.read_text().splitlines():
        command += ["-o", line]
    for field in FIELDS:
        command += ["-e", field]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(result.returncode == 0, f"tshark reads {capture.name}")
    return [dict(zip(FIELDS, (value.split("|") if value else [] for value in line.split("\t"))))
            for line in result.stdout.splitlines()]


def check_capture(frames, name):
    counts = collections.Counter(frame["_ws.col.Protocol"][0] for frame in frames if frame["_ws.col.Protocol"])
    check(not any(frame["_ws.malformed"] for frame in frames), f"{name}: nothing of {len(frames)} packets is malformed")
    remarks = {remark for frame in frames for remark in frame["_ws.expert.message"]}
    check(remarks <= ALLOWED_REMARKS, f"{name}: tshark remarks nothing but what it does not know ({remarks})")
    for protocol, least in (("HCI_CMD", 20), ("HCI_EVT", 20), ("ATT", 10), ("BT Mesh", 20), ("BT Mesh Proxy", 1),
                            ("BT Mesh Provisioning PDU", 10)):
        check(counts[protocol] >= least, f"{name}: {counts[protocol]} packets are {protocol}")
    opcodes = {int(opcode, 0) for frame in frames for opcode in frame["btmesh.model.opcode"]}
    check(opcodes >= CONFIGURATION, f"{name}: the configuration is decrypted ({sorted(map(hex, opcodes))})")
    over_gatt = [frame for frame in frames if frame["btatt.opcode"]]
    check({kind for frame in over_gatt for kind in frame["provisioning.pdu_type"]} >= PROVISIONING_PDUS,
          f"{name}: all of the provisioning protocol went over ATT")
    att = {opcode for frame in over_gatt for opcode in frame["btatt.opcode"]}
    check(att >= {WRITE_COMMAND, NOTIFICATION, MTU_REQUEST}, f"{name}: writes, notifications, the MTU")


def main():
    blemesh, shim = sys.argv[1:]
    need_program("tshark")
    with Sandbox() as sandbox:
        captures, keys = record(sandbox, Controllers(sandbox, shim), blemesh)
        for capture in captures:
            check_capture(decode(capture, keys), capture.stem)


main()
