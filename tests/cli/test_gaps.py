"""Real time: no script can delay a node. Judged from the capture: how long each board takes to answer on the air."""

import struct

from command import check, events_of, main, run, select

# Computes for ever, with the interpreter's lock held as long as it can.
BUSY = """
from network import Bluetooth

mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True)
element.add_model(mesh.GEN_ONOFF, mesh.SERVER)
mesh.init("busy")
mesh.set_node_prov(mesh.PROV_ADV)
n = 0
while True:
    n = sum(i * i for i in range(200000)) % 7
"""

# Its first callback from the provisioner blinks for six seconds, in which it is provisioned and configured.
SLEEPY = """
from network import Bluetooth
import pycom, time

def on_prov(event, oob):
    if event == mesh.LINK_OPEN_EVT:
        for _ in range(10):
            pycom.rgbled(0xffff00)
            time.sleep(0.3)
            pycom.rgbled(0)
            time.sleep(0.3)
        print("done blinking")

mesh = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
Bluetooth()
element = mesh.create_element(primary=True)
element.add_model(mesh.GEN_ONOFF, mesh.SERVER)
mesh.init("sleepy", callback=on_prov)
mesh.set_node_prov(mesh.PROV_ADV)
"""

PB_ADV = 0x29
START, ACK = 0, 1
# MshPRT 5.3.3: 50 ms at most. The rest is for a loaded machine under sanitizers; a script that got in the way would
# cost seconds.
SLACK_S = 0.25


def frames_of(path):
    """(time in seconds, AdvA, AD type, payload) of every advertising PDU of a capture."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from("<II", data, at)
        if kind == 6:
            _, high, low, captured, _ = struct.unpack_from("<IIIII", data, at + 8)
            pdu = data[at + 28 + 4:at + 28 + captured - 3]
            yield (high << 32 | low) / 1e6, pdu[2:8], pdu[9], pdu[10:9 + pdu[8]]
        at += total


def answer_times(path):
    """For each board's address: the seconds from a whole transaction of the provisioner to its first acknowledgment."""
    asked, answered, times = {}, set(), {}
    for at, sender, ad_type, payload in frames_of(path):
        if ad_type != PB_ADV or payload[4] >= 0x80:
            continue
        transaction = payload[:5]
        # The last segment completes it: each of them moves the time on until the first acknowledgment.
        if payload[5] & 3 == ACK:
            if transaction in asked and transaction not in answered:
                times.setdefault(sender, []).append(at - asked[transaction])
                answered.add(transaction)
        elif payload[5] & 3 != 3 and transaction not in answered:
            asked[transaction] = at
    return times


def scripts_cannot_delay_nodes(folder):
    capture = folder.path / "air.pcapng"
    status, out, err = run(folder, "--for", "14s", "--json", "--pcap", capture, folder.write("busy.py", BUSY),
                           folder.write("sleepy.py", SLEEPY))
    events = events_of(out)
    boards = select(events, event="summary")[0]["boards"]
    check(boards["busy"]["provisioned"] and boards["sleepy"]["provisioned"], "both boards are provisioned")
    opened = select(events, board="sleepy", event="prov", state="link_open")[0]["t"]
    complete = select(events, board="sleepy", event="prov", state="complete")[0]["t"]
    blinked = select(events, board="sleepy", event="print", text="done blinking")[0]["t"]
    check(blinked - opened > 5.9, "its callback blinked for six seconds")
    check(complete < blinked, "and it was provisioned in the meantime")
    times = answer_times(capture)
    check(len(times) == 2, "two boards answered a provisioner")
    for sender, seconds in times.items():
        check(len(seconds) >= 5, f"{sender.hex()} acknowledged {len(seconds)} transactions")
        check(max(seconds) < SLACK_S, f"each within {max(seconds) * 1000:.0f} ms")


main(scripts_cannot_delay_nodes)
