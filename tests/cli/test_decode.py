"""blemesh decode, as a user runs it: sample data, captures of runs, keys from everywhere, and input that is no good.

usage: test_decode.py BLEMESH VECTORS_FOLDER
"""

import collections
import json
import re
import os
import pathlib
import stat
import struct
import subprocess
import sys
import tempfile

from command import BLINKER, PROGRAM, SWITCH, Failure, check

VECTORS = pathlib.Path(sys.argv[2])
NETKEY = "7dd7364cd842ad18c17c2b820c84c3d6"
FRIEND_REQUEST = "68eca487516765b5e5bfdacbaf6cb7fb6bff871f035444ce83a670df"


def run(folder, *arguments, status=0, stdin=None):
    """The standard output; the standard error is one line where it fails."""
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "XDG_RUNTIME_DIR": str(folder)}
    environment.pop("BLEMESH_NETWORK", None)
    result = subprocess.run([PROGRAM, "decode", *map(str, arguments)], input=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment)
    errors = result.stderr.decode()
    if result.returncode != status:
        raise Failure(f"decode {arguments} ends with {result.returncode}: {errors}")
    if status:
        check(errors.count("\n") == 1 and errors.startswith("blemesh decode: "), f"one line says why: {errors.strip()}")
        return errors
    return result.stdout.decode()


def decode(folder, *arguments, **more):
    """An object a line: the one of a packet that is given in hexadecimal, else all."""
    packets = [json.loads(line) for line in run(folder, "--json", *arguments, **more).splitlines()]
    is_packet = isinstance(arguments[-1], str) and re.fullmatch("[0-9a-fA-F]+", arguments[-1])
    return packets[0] if is_packet else packets


def layers(packet, name):
    return [layer for layer in packet["layers"] if layer["layer"] == name]


def problems(packets):
    return [layer["problem"] for packet in packets for layer in packet["layers"] if "problem" in layer]


def sample_messages(folder):
    """Every sample message, opened with the keys of the sample data, in one go: friendships and segments come together."""
    data = json.loads((VECTORS / "messages.json").read_text())
    keys = data["keys"]
    options = ["--net-key", keys["netkey"], "--app-key", keys["appkey"], "--iv", "0x12345678"]
    lines, meant = [], []
    for message in data["messages"]:
        access = message.get("access", {})
        if access.get("label_uuid"):
            options += ["--label", access["label_uuid"]]
        if access.get("key_type") == "device":
            for end in ("src", "dst"):
                options += ["--dev-key", f"0x{message['network'][0][end]}={access['key']}"]
        for pdu in message["network"]:
            lines.append(pdu["network_pdu"])
            meant.append((message, pdu))
    packets = decode(folder, *options, "-", stdin="\n".join(lines).encode())
    check(len(packets) == len(meant), f"each of the {len(meant)} sample PDUs is told about")
    wrong = problems(packets)
    check(not wrong, f"and none of them stays closed ({wrong[:3]})")
    whole = {}
    for packet, (message, pdu) in zip(packets, meant):
        network = layers(packet, "network")[0]
        for name, base in (("seq", 16), ("src", 16), ("dst", 16)):
            if network[name] != int(pdu[name], base):
                raise Failure(f"{message['name']}: {name} is {network[name]:#x} instead of 0x{pdu[name]}")
        if network["ttl"] != pdu["ttl"] or network["ctl"] != pdu["ctl"]:
            raise Failure(f"{message['name']}: TTL or CTL")
        if network.get("credentials", "managed flooding").split()[0] != message["credentials"].split("_")[0]:
            raise Failure(f"{message['name']}: the credentials are {message['credentials']}")
        for access in layers(packet, "access"):
            whole[message["id"], message["name"]] = access
    for message in data["messages"]:
        if "access_payload" not in message.get("access", {}) or (message["id"], message["name"]) not in whole:
            continue
        payload = bytes.fromhex(message["access"]["access_payload"])
        length = 1 if payload[0] < 0x80 else 2 if payload[0] < 0xC0 else 3
        opcode = payload[:length] if length < 3 else payload[:1] + payload[2:0:-1]
        if whole[message["id"], message["name"]]["opcode"] != int.from_bytes(opcode, "big"):
            raise Failure(f"{message['name']}: another opcode")
    check(len(whole) >= 20, f"with header, credentials and the opcodes of {len(whole)} access messages as published")
    first = whole[6, "Config AppKey Add"]
    check(first["title"] == "Config AppKey Add" and first["parameters"]["app_key"] == "16 octets",
          "a key that a message carries is not shown")


def sample_provisioning(folder):
    data = json.loads((VECTORS / "provisioning.json").read_text())
    lines = [pdu for step in data["pb_adv_transcript"]["steps"] for pdu in step["pb_adv_pdus"]]
    sample = data["security"][0]
    fields = sample["provisioning_data_fields"]
    for side in ("provisioner", "device"):
        packets = decode(folder, "--layer", "pb-adv", "--private-key", sample[f"{side}_private_key"], "-",
                         stdin="\n".join(lines).encode())
        pdus = [layer for packet in packets for layer in layers(packet, "provisioning")]
        names = [pdu["title"].removeprefix("Provisioning ") for pdu in pdus]
        check(names[:3] == ["Invite", "Capabilities", "Start"] and names[-2:] == ["Data", "Complete"]
              and names.count("Public Key") == names.count("Random") == 2, f"a provisioning in order ({side}'s key)")
        opened = pdus[-2]
        check(opened["address"] == int(fields["unicast_address"], 16) and opened["iv_index"] ==
              int(fields["iv_index"], 16), "whose Provisioning Data the private key of one side opens")
    closed = decode(folder, "--layer", "pb-adv", "-", stdin="\n".join(lines).encode())
    check(any("private key" in text for text in problems(closed)), "and which is closed without it")
    told = run(folder, "0005", "010100030000040008000000", "0904", "08")
    for name in ("Invite", "Capabilities", "Failed", "Complete"):
        check(f"Provisioning {name}" in told, f"a {name} is taken for one without --layer ({told})")


def sample_beacons(folder):
    data = json.loads((VECTORS / "beacons.json").read_text())
    for sample in data["secure_network_beacons"]:
        [beacon] = layers(decode(folder, "--net-key", sample["netkey"], sample["beacon"]), "beacon")
        check(beacon["authentication"] == "matches" and beacon["iv_index"] == int(sample["iv_index"], 16),
              f"the Secure Network beacon of {sample['section']} is authentic")
        bad = sample["beacon"][:-2] + f"{int(sample['beacon'][-2:], 16) ^ 1:02x}"
        check("does not match" in problems([decode(folder, "--net-key", sample["netkey"], bad)])[0],
              "and one bit less is not")
    for sample in data["mesh_private_beacons"]:
        [beacon] = layers(decode(folder, "--net-key", sample["netkey"], sample["ad_structure"]), "beacon")
        check(beacon["iv_index"] == int(sample["iv_index"], 16), f"the private beacon of {sample['section']} is opened")
        check("no network key" in problems([decode(folder, sample["ad_structure"])])[0], "and closed without a key")
    for sample in data["proxy_configuration"]:
        pdu = "02" + sample["network_pdu"] if "network_pdu" in sample else None
        if pdu:
            packet = decode(folder, "--layer", "proxy", "--net-key", sample["netkey"], "--iv", "0x12345678", pdu)
            check(layers(packet, "proxy_configuration")[0]["title"].lower() ==
                  sample["name"].replace("_", " ").lower(), f"Proxy: {sample['name']}")
    for sample in data["solicitation"]:
        service = bytes.fromhex("165918" + sample["service_data_after_uuid"])
        packet = decode(folder, "--net-key", sample["netkey"], bytes([len(service)]).hex() + service.hex())
        check(layers(packet, "service_data")[0]["ssrc"] == int(sample["src"], 16), "a Solicitation PDU is opened")


def reasons(folder):
    text = run(folder, FRIEND_REQUEST)
    check("no network key with NID 0x68" in text, "without keys: no network key with that NID")
    text = run(folder, "--net-key", NETKEY, "--iv", "7", FRIEND_REQUEST)
    check("MIC does not match" in text, "under another IV index: the MIC does not match")
    text = run(folder, "--net-key", NETKEY, "--iv", "0x12345678", FRIEND_REQUEST)
    check("Friend Request" in text and "poll_timeout=36000000ms" in text and "rssi_factor=2 " in text, "with both: in words")
    check(run(folder, "--net-key", NETKEY, "--iv", "0x12345678", *[FRIEND_REQUEST[i:i + 2] for i in
          range(0, len(FRIEND_REQUEST), 2)]) == text, "octets with blanks between them are one packet")
    check("Generic OnOff Set Unacknowledged" in run(folder, "82030101"), "an access message in clear")
    check("malformed" in run(folder, "--layer", "access", "820301"), "and one that is too short")


def bad_input(folder):
    check("nothing to decode" in run(folder, status=2), "no argument")
    run(folder, "zz", status=1)
    run(folder, folder / "nowhere.pcap", status=1)
    run(folder, "00", status=1)
    run(folder, "--layer", "cake", "00", status=2)
    run(folder, "--net-key", "12", "00", status=2)
    run(folder, "--dev-key", NETKEY, "00", status=2)
    run(folder, "--dev-key", f"0xc000={NETKEY}", "00", status=2)
    run(folder, "--opcode", "no such message", "00", status=2)
    run(folder, "--network", "nobody", "82030101", status=1)
    check("line 2" in run(folder, "-", status=1, stdin=b"82030101\nwords\n"), "the line of a bad line is told")
    keys = folder / "bad.keys"
    keys.write_text('uat:btmesh_nw_keys:"0x12","0x34","0x00000000"\n')
    check("line 1" in run(folder, "--keys", keys, "82030101", status=1), "and that of a bad row of keys")


def pcap(packets, link_type=251, magic=0xA1B2C3D4, order="<"):
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for octets in packets:
        data += struct.pack(order + "IIII", 1, 5, len(octets), len(octets)) + octets
    return data


def block(kind, body, order):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pcapng(packet, order, resolution):
    """A section with two interfaces, a block of a kind that nobody knows, and packets of every kind of block."""
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    option = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    stamp = {6: 1500000, 9: 1500000000, 0x8A: 1536}[resolution]
    lengths = struct.pack(order + "II", len(packet), len(packet))
    return (block(0x0A0D0D0A, section, order) + block(1, struct.pack(order + "HHI", 251, 0, 0) + option, order)
            + block(1, struct.pack(order + "HHI", 1, 0, 0), order) + block(0x0BAD, b"whatever", order)
            + block(6, struct.pack(order + "III", 0, stamp >> 32, stamp & 0xFFFFFFFF) + lengths + packet, order)
            + block(2, struct.pack(order + "HHII", 0, 0, stamp >> 32, stamp & 0xFFFFFFFF) + lengths + packet, order)
            + block(3, struct.pack(order + "I", len(packet)) + packet, order))


def pcapng_variants(folder, packet):
    path = folder / "good.pcapng"
    for order in "<>":
        for resolution in (6, 9, 0x8A):
            path.write_bytes(pcapng(packet, order, resolution))
            packets = decode(folder, path)
            check(len(packets) == 3 and all(layers(each, "beacon") for each in packets), f"pcapng, {order}, {resolution:#x}")
            check([each["t"] for each in packets] == [1.5, 1.5, 0.0], "and its time stamps")
    path.write_bytes(pcapng(packet, "<", 6) + pcapng(packet, ">", 9))
    check(len(decode(folder, path)) == 6, "two sections, of two byte orders, in one file")
    bad = pcapng(packet, "<", 6)
    path.write_bytes(bad[:-4] + bytes(4))
    check("two different lengths" in run(folder, path, status=1), "a block that contradicts itself")


def hci(folder, beacon):
    """What a controller says and is told."""
    data = bytes([1 + len(beacon), 0x2B]) + beacon
    report = bytes([1, 3, 1, 6, 5, 4, 3, 2, 0xC1, len(data)]) + data + bytes([0xC4])
    event = bytes([4, 0x3E, 1 + len(report), 2]) + report
    text = run(folder, event.hex())
    check("address=c1:02:03:04:05:06 rssi=-60dBm" in text and "Unprovisioned Device beacon" in text, "an advertising report")
    command = bytes([1, 8, 0x20, 32, len(data)]) + data + bytes(31 - len(data))
    check("LE Set Advertising Data" in run(folder, command.hex()) and "beacon" in run(folder, command.hex()),
          "advertising data as it is set")
    (folder / "hci.pcap").write_bytes(pcap([bytes(3) + b"\1" + event, bytes(4) + command], link_type=201))
    packets = decode(folder, folder / "hci.pcap")
    check(len(packets) == 2 and all(layers(each, "beacon") for each in packets), "and both in a capture of link type 201")


def link_types(folder, beacon, adv):
    """What sniffers and the kernel's monitor put in front of packets, and what they say of them."""
    radio = bytes.fromhex("d6be898e") + adv + bytes(3)
    path = folder / "link.pcap"

    def one(octets, link_type):
        path.write_bytes(pcap([octets], link_type=link_type))
        [packet] = decode(folder, path)
        return packet

    def phdr(flags):
        return bytes(8) + struct.pack("<H", flags) + radio

    def nrf(version, flags, octets=radio):
        head = struct.pack("<BBHBB", 10, flags, 37 | 60 << 8, 1, 0) + bytes(4)
        lengths = bytes([6, len(head + octets)]) if version == 1 else struct.pack("<H", len(head + octets))
        return b"\0" + lengths + bytes([version, 7, 0, 6]) + head + octets

    for flags in (0x0001, 0x0C01):
        check(layers(one(phdr(flags), 256), "beacon"), f"link type 256, flags {flags:#06x}")
    for flags, says in ((0x0401, "CRC is wrong"), (0x8001, "Coded PHY"), (0x0000, "whitened")):
        check(says in problems([one(phdr(flags), 256)])[0], f"link type 256: {says}")
    for version in (1, 2, 3):
        check(layers(one(nrf(version, 1), 272), "beacon"), f"nRF Sniffer, version {version}")
    for octets, says in ((nrf(3, 0), "CRC is wrong"), (nrf(3, 0x21), "Coded PHY"), (nrf(4, 1), "version"), (nrf(3, 1)[:18], "end within")):
        check(says in problems([one(octets, 272)])[0], f"nRF Sniffer: {says}")
    data = bytes.fromhex("11223344") + bytes([2, 7]) + bytes.fromhex("03000400020502") + bytes(3)
    check([layers(one(nrf(3, flags, data), 272), "link_layer")[0]["to"] for flags in (3, 1)] == ["peripheral", "central"],
          "nRF Sniffer tells the direction of a connection's packets")
    ad = bytes([1 + len(beacon), 0x2B]) + beacon
    report = bytes([2, 1, 3, 1, 6, 5, 4, 3, 2, 0xC1, len(ad)]) + ad + bytes([0xC4])
    event = struct.pack(">HH", 0, 3) + bytes([0x3E, len(report)]) + report
    check(layers(one(event, 254), "beacon"), "the Linux monitor's events")
    check(layers(one(struct.pack(">HH", 0, 2) + bytes([3, 0x0C, 0]), 254), "hci")[0]["title"] == "HCI Command Reset", "its commands")
    check(layers(one(struct.pack(">HH", 0, 8), 254), "hci")[0]["record"] == 8, "its other records are passed over")
    check("end within" in problems([one(b"\0\0\0", 254)])[0], "and short ones are told")


def simple_packets(folder, packet):
    """A packet cut by its interface's limit ends there, and not behind the padding."""
    limit = len(packet) - 5 - len(packet) % 4 - 1
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    path = folder / "simple.pcapng"
    path.write_bytes(block(0x0A0D0D0A, section, "<") + block(1, struct.pack("<HHI", 251, 0, limit), "<") +
                     block(3, struct.pack("<I", len(packet)) + packet[:limit], "<"))
    check(f"and it has {limit - 3 - 6}" in problems(decode(folder, path))[0], "a simple packet block's packet has the length it was cut to")


def captures(folder):
    beacon = bytes.fromhex(json.loads((VECTORS / "beacons.json").read_text())["unprovisioned_device_beacons"][0]["beacon"])
    adv = bytes([0x42, 6 + 2 + len(beacon)]) + bytes(6) + bytes([1 + len(beacon), 0x2B]) + beacon
    packet = bytes.fromhex("d6be898e") + adv + bytes(3)
    good = folder / "good.pcap"
    for magic in (0xA1B2C3D4, 0xA1B23C4D):
        for order in "<>":
            good.write_bytes(pcap([packet, packet], magic=magic, order=order))
            packets = decode(folder, good)
            check(len(packets) == 2 and layers(packets[1], "beacon"), f"pcap, magic {magic:#x}, {order}")
            check(abs(packets[0]["t"] - (1.000005 if magic == 0xA1B2C3D4 else 1.0)) < 1e-9, "and its time stamps")
    pcapng_variants(folder, packet)
    link_types(folder, beacon, adv)
    simple_packets(folder, packet)
    hci(folder, beacon)
    whole = pcap([packet])
    for length in range(4, len(whole)):
        good.write_bytes(whole[:length])
        status = 0 if length == 24 else 1
        run(folder, good, status=status) if length % 7 == 0 or length == 24 else None
    good.write_bytes(pcap([packet], link_type=1))
    check("link type" in run(folder, good, status=1), "Ethernet is none of ours")
    good.write_bytes(pcap([])[:24] + struct.pack("<IIII", 0, 0, 0xFFFFFFF0, 0xFFFFFFF0))
    check("impossible length" in run(folder, good, status=1), "a packet of four gigabytes is not believed")
    good.write_bytes(bytes.fromhex("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000") + bytes.fromhex("060000000b0000000b000000"))
    check("impossible length" in run(folder, good, status=1), "nor a block of eleven octets")


def a_run(folder):
    """A whole run: every layer of its capture opens, and its messages are those that the run tells of."""
    (folder / "lamp.py").write_text(BLINKER)
    (folder / "switch.py").write_text(SWITCH)
    capture, keys = folder / "run.pcapng", folder / "run.keys"
    result = subprocess.run([PROGRAM, "run", "--virtual", "--seed", "3", "--for", "60s", "--json", "--trace", "--pcap",
                             capture, "--keys", keys, folder / "lamp.py", folder / "switch.py"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    check(result.returncode == 0, f"a run with a capture {result.stderr}")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    sent = collections.Counter((event["src"], event["dst"], event["opcode"], json.dumps(event["parameters"], sort_keys=True))
                               for event in events if event["event"] == "message" and event["dir"] == "tx"
                               and event["src"] != event["dst"])
    heard = collections.Counter((message["src"], message["dst"], message["opcode"],
                                 json.dumps(message["parameters"], sort_keys=True))
                                for message in decode(folder, "--keys", keys, "--messages", capture))
    check(sent == heard and sent, f"its {sum(sent.values())} messages are decoded, each once, with their parameters")
    text = run(folder, "--keys", keys, capture)
    check("Network PDUs" in text.splitlines()[-1] and ", 0 closed" in text.splitlines()[-1], "and nothing stays closed")
    rows = run(folder, "--keys", keys, "--wireshark")
    check(sorted(rows.splitlines()) == sorted(keys.read_text().splitlines()), "--wireshark prints the rows that were read")
    only = decode(folder, "--keys", keys, "--messages", "--opcode", "config-appkey-add", "--dst", "0x0002", capture)
    check(len(only) == 1 and only[0]["opcode"] == "Config AppKey Add", "filters by opcode and address")
    # Without the application keys: they are learned from the messages that hand them out.
    device = [row for row in keys.read_text().splitlines() if "dev_keys" in row]
    network = [row.split('"')[1] for row in keys.read_text().splitlines() if "nw_keys" in row][0]
    (folder / "device.keys").write_text("\n".join(device) + "\n")
    learned = decode(folder, "--keys", folder / "device.keys", "--net-key", network[2:], "--messages", capture)
    check(len(learned) == sum(sent.values()), "application keys are learned from Config AppKey Add")
    # In pieces: a capture that was cut anywhere ends with a line.
    octets = capture.read_bytes()
    for length in range(len(octets) - 1, 30, -997):
        (folder / "cut.pcapng").write_bytes(octets[:length])
        result = subprocess.run([PROGRAM, "decode", "--keys", keys, folder / "cut.pcapng"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        if result.returncode not in (0, 1) or result.stderr.count("\n") != result.returncode:
            raise Failure(f"cut at {length}: {result.returncode} {result.stderr}")
    print("ok: a capture cut anywhere is read up to there, and a line says so")


def main():
    with tempfile.TemporaryDirectory(prefix="bm-decode-") as name:
        folder = pathlib.Path(name)
        folder.chmod(stat.S_IRWXU)
        sample_messages(folder)
        sample_provisioning(folder)
        sample_beacons(folder)
        reasons(folder)
        bad_input(folder)
        captures(folder)
        a_run(folder)


main()
