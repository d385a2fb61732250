"""tshark reads what passes between us and a Bluetooth controller (HCI, link type 201): a board is provisioned over
PB-GATT and configured through a proxy connection, on emulated controllers, and asks `blemesh node` there for all that
it has. Nothing is malformed, each message is decrypted as often as it was sent, and both GATT services are understood.

usage: test_tshark_hci.py BLEMESH SHIM
"""

import collections
import json
import subprocess
import sys
import threading

from btvirt import Controllers, write_script
from peers import Blemesh, Sandbox, check, need_program, wait_until

FIELDS = ["_ws.col.Protocol", "_ws.malformed", "_ws.expert.message", "btmesh.model.opcode", "provisioning.pdu_type",
          "btatt.opcode", "bthci_cmd.opcode"]
# tshark 4.0 does not know the HMAC algorithm of Mesh 1.1: its bit, its value, confirmations and randoms of 32 octets.
ALLOWED_REMARKS = {"RFU value not equal to 0", "Value in RFU range", "Unknown Payload"}
WRITE_COMMAND, NOTIFICATION, MTU_REQUEST = "0x52", "0x1b", "0x02"
TIMES = 3
# What must be there at least so often: AppKey Add and its Status, Composition Data Status and Get, Model App Bind and its
# Status; then what the two exchange: OnOff, Level, Sensor.
CONFIGURATION = {0x00: 1, 0x8003: 1, 0x02: 1, 0x8008: 1, 0x803D: 3, 0x803E: 3}
EXCHANGED = {0x8202: TIMES, 0x8204: TIMES, 0x8206: TIMES, 0x8208: TIMES, 0x8231: TIMES, 0x52: TIMES}
PROVISIONING_PDUS = {"0", "1", "2", "3", "5", "6", "7", "8"}


CLIENT = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True)
heard = lambda state, event, opcode: print("client", state)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=heard)
knob = element.add_model(mesh.GEN_LEVEL, mesh.CLIENT, callback=heard)
meter = element.add_model(mesh.SENSOR, mesh.CLIENT, callback=heard)
mesh.init("only", auth=0)
mesh.proxy_client()
mesh.set_node_prov(mesh.PROV_GATT)
"""


class Node:
    """blemesh node --json."""

    def __init__(self, sandbox, blemesh, *words):
        self.events = []
        self.process = sandbox.start("node", [blemesh, "node", "--json", *words], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def find(self, event):
        return next((held for held in list(self.events) if held["event"] == event), None)


def exchange(client, address):
    """Each of these over the client's connection to its proxy, and the answers."""
    def answers():
        return sum(event.get("event") == "print" and event.get("text", "").startswith("client")
                   for event in list(client.events))
    for time in range(TIMES):
        for line in (f"switch.set_state({time % 2 == 0}, {address}, ack=True)",
                     f"knob.set_state({1000 * (time + 1)}, {address}, ack=True)", f"meter.get_state({address})"):
            before = answers()
            client.process.stdin.write(line + "\n")
            client.process.stdin.flush()
            wait_until(lambda before=before: answers() > before, 15, f"{line} is answered")


def record(sandbox, controllers, blemesh):
    """Captures of both sides, and the network's keys."""
    only = write_script(sandbox, "only", CLIENT)
    captures = [sandbox.folder / "client.pcapng", sandbox.folder / "proxy.pcapng"]
    keys = sandbox.folder / "keys"
    # Provisioned by advertising: over a connection it would show its own identity alone for the first minute.
    node = Node(sandbox, blemesh, "--model", "onoff-server,level-server,sensor-server", "--value", "temperature=21.5",
                "--proxy", "--adv", "--radio", controllers.radio, "--pcap", captures[1])
    wait_until(lambda: node.find("waiting"), 10, "the node waits")
    client = Blemesh(sandbox, blemesh, "--no-provision", "--radio", controllers.radio, "--pcap", captures[0], "-i", "only",
                     only, stdin=subprocess.PIPE)
    wait_until(lambda: client.has("prov", board="only", state="beaconing"), 10, "the board waits")
    run = Blemesh(sandbox, blemesh, "--radio", controllers.radio, "--keys", keys)
    try:
        wait_until(lambda: sum(event.get("step") == "configured" for event in list(run.events)) == 2, 40,
                   "both are provisioned and configured")
    except AssertionError:
        print("\n".join(str(event) for one in (node, client, run) for event in one.events))
        raise
    exchange(client, int(node.find("provisioned")["address"], 16))
    for one in (run, client):
        one.process.terminate()
        one.finish()
    node.process.terminate()
    node.process.wait()
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
    over_gatt = [frame for frame in frames if frame["btatt.opcode"]]
    opcodes = collections.Counter(int(opcode, 0) for frame in frames for opcode in frame["btmesh.model.opcode"])
    carried = collections.Counter(int(opcode, 0) for frame in over_gatt for opcode in frame["btmesh.model.opcode"])
    for opcode, least in CONFIGURATION.items():
        check(opcodes[opcode] >= least, f"{name}: opcode {opcode:#x} is decrypted {opcodes[opcode]} times")
    for opcode, least in EXCHANGED.items():
        check(carried[opcode] >= least, f"{name}: opcode {opcode:#x} is decrypted {carried[opcode]} times over ATT")
    provisioning = over_gatt if name == "client" else frames
    check({kind for frame in provisioning for kind in frame["provisioning.pdu_type"]} >= PROVISIONING_PDUS,
          f"{name}: all of the provisioning protocol is there" + (", over ATT" if name == "client" else ""))
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
