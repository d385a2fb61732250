"""tshark decrypts and understands what we send: a capture of a whole run, from the first beacon to sensor values, read
by a dissector that nobody here wrote, and compared with what the run's own trace says was meant.

usage: test_tshark.py BLEMESH SCRIPT_FOLDER ONOFF_MODEL
ONOFF_MODEL: the name of the OnOff client's model in onoff_client.py
"""

import pathlib
import subprocess
import sys

from peers import Blemesh, Sandbox, check, need_program, skip

SCRIPTS = ["onoff_server.py", "onoff_client.py", "sensor_server.py", "sensor_client.py"]
ALL_NODES = 0xFFFF

PB_ADV, MESH_MESSAGE, MESH_BEACON = "0x29", "0x2a", "0x2b"
BEARER_OPCODES = {"0": "Link Open", "1": "Link Ack", "2": "Link Close"}
# Type 4, Input Complete, belongs to Input OOB.
PROVISIONING_PDUS = {"0": "Invite", "1": "Capabilities", "2": "Start", "3": "Public Key", "5": "Confirmation",
                     "6": "Random", "7": "Data", "8": "Complete"}

# Opcode: our name, and for our fields tshark's. Every one of these messages that was sent must be in the capture.
MODEL = "btmesh.model."
MESSAGES = {
    0x00: ("Config AppKey Add", {
        "net_key_index": MODEL + "config_appkey_add.netkeyindexandappkeyindex.net",
        "app_key_index": MODEL + "config_appkey_add.netkeyindexandappkeyindex.app"}),
    0x8003: ("Config AppKey Status", {"status": MODEL + "config_appkey_status.status"}),
    0x8008: ("Config Composition Data Get", {"page": MODEL + "config_composition_data_get.page"}),
    0x02: ("Config Composition Data Status", {"page": MODEL + "config_composition_data_status.page"}),
    0x803D: ("Config Model App Bind", {
        "element_address": MODEL + "config_model_app_bind.elementaddress",
        "app_key_index": MODEL + "config_model_app_bind.appkeyindex.idx",
        "model_identifier": MODEL + "config_model_app_bind.modelidentifier"}),
    0x803E: ("Config Model App Status", {"status": MODEL + "config_model_app_status.status"}),
    0x8203: ("Generic OnOff Set Unacknowledged", {
        "onoff": MODEL + "generic_onoff_set_unacknowledged.onoff",
        "tid": MODEL + "generic_onoff_set_unacknowledged.tid"}),
    0x8201: ("Generic OnOff Get", {}),
    0x8204: ("Generic OnOff Status", {"present_onoff": MODEL + "generic_onoff_status.present_onoff"}),
    0x52: ("Sensor Status", {}),
}

FIELDS = ["frame.number", "btcommon.eir_ad.entry.type", "beacon.type", "pbadv.gen_prov.gpcf.bearer_opcode",
          "provisioning.pdu_type", "provisioning.algorithms", "provisioning.algorithm", "btmesh.src", "btmesh.dst", "btmesh.access.decrypted", "btmesh.model.opcode",
          "btmesh.segmented.access.fragment.count", "_ws.expert.message", "_ws.malformed",
          *(field for _, fields in MESSAGES.values() for field in fields.values())]

# What tshark 4.0 may remark, and on what: (kind of PDU, its remark). It does not know the HMAC algorithm of Mesh 1.1:
# neither its bit in Capabilities, nor its value in Start, nor confirmations and randoms of 32 octets. And it calls it
# malformed that property 0x0056 comes with two octets; the scripts' boards send it so by an old habit.
ALLOWED_REMARKS = {
    ("Capabilities", "RFU value not equal to 0"),
    ("Start", "Value in RFU range"),
    ("Confirmation", "Unknown Payload"),
    ("Random", "Unknown Payload"),
    ("Sensor Status of 0x0056", "Malformed Packet (Exception occurred)"),
}
BOTH_ALGORITHMS, HMAC = 0x0003, 1


def decode(capture, keys):
    """The capture's frames, each a dict of field to list of values."""
    options = [word for line in keys.read_text().splitlines() for word in ("-o", line)]
    command = ["tshark", "-r", str(capture), "-2", *options, "-T", "fields", "-E", "separator=/t", "-E",
               "occurrence=a", "-E", "aggregator=|"]
    for field in FIELDS:
        command += ["-e", field]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(result.returncode == 0, f"tshark reads the capture ({result.stderr.strip().splitlines()[-1:]})")
    frames = []
    for line in result.stdout.splitlines():
        values = line.split("\t")
        frames.append({field: value.split("|") if value else [] for field, value in zip(FIELDS, values)})
    return frames


def number(text):
    return int(str(text), 0)


def occurs(frames, field, value):
    return any(value in frame[field] for frame in frames)


def check_kinds(frames):
    for beacon_type, name in (("0", "Unprovisioned Device"), ("1", "Secure Network")):
        check(occurs(frames, "beacon.type", beacon_type) or occurs(frames, "beacon.type", f"0x0{beacon_type}"),
              f"there is {name} beacon")
    for field, names in (("pbadv.gen_prov.gpcf.bearer_opcode", BEARER_OPCODES),
                         ("provisioning.pdu_type", PROVISIONING_PDUS)):
        seen = {str(number(value)) for frame in frames for value in frame[field]}
        for value, name in names.items():
            check(value in seen, f"there is {name} ({field} {value})")
        check(seen <= set(names), f"and nothing else ({sorted(seen)})")


def check_decrypted(frames):
    network = [frame for frame in frames if MESH_MESSAGE in frame["btcommon.eir_ad.entry.type"]]
    closed = [frame["frame.number"][0] for frame in network if not frame["btmesh.src"]]
    check(network, "there are Network PDUs")
    check(not closed, f"all {len(network)} Network PDUs are decrypted (not: {closed[:10]})")


def kind(frame):
    """The kind of PDU in the words of ALLOWED_REMARKS."""
    if frame["provisioning.pdu_type"]:
        name = PROVISIONING_PDUS.get(str(number(frame["provisioning.pdu_type"][0])))
        # The bit or the value that tshark does not know must be the only one it can mean.
        if name == "Capabilities" and number(frame["provisioning.algorithms"][0]) != BOTH_ALGORITHMS:
            return "Capabilities of a strange kind"
        if name == "Start" and number(frame["provisioning.algorithm"][0]) != HMAC:
            return "Start of a strange kind"
        return name
    if frame["btmesh.model.opcode"] == ["0x0052"] and sensor_data(frame).startswith("0x0056="):
        return "Sensor Status of 0x0056"
    return "other PDU"


def check_remarks(frames):
    remarks = {}
    for frame in frames:
        for text in frame["_ws.expert.message"]:
            remarks.setdefault((kind(frame), text), []).append(frame["frame.number"][0])
        if frame["_ws.malformed"] and not frame["_ws.expert.message"]:
            remarks.setdefault((kind(frame), "malformed"), []).append(frame["frame.number"][0])
    for remark, where in remarks.items():
        check(remark in ALLOWED_REMARKS, f"tshark's remark {remark} ({len(where)} times, first in frame {where[0]})"
              " is an allowed one")


def sent_messages(events):
    """What the trace says was sent over the air: (src, dst, opcode name, parameters)."""
    for event in events:
        if event["event"] == "message" and event["dir"] == "tx" and event["dst"] != event["src"]:
            yield event["src"], event["dst"], event["opcode"], event["parameters"]


def check_fields(frames, events):
    """Every message of the trace is in the capture with the fields it was given, and every one in the capture was meant."""
    decoded = {}
    for frame in frames:
        if frame["btmesh.model.opcode"]:
            opcode = number(frame["btmesh.model.opcode"][0])
            route = (number(frame["btmesh.src"][0]), number(frame["btmesh.dst"][0]))
            decoded.setdefault((opcode, *route), []).append(frame)
    by_name = {name: (opcode, fields) for opcode, (name, fields) in MESSAGES.items()}
    seen = {name: 0 for name in by_name}
    meant = set()
    for source, destination, name, parameters in sent_messages(events):
        if name not in by_name:
            continue
        opcode, fields = by_name[name]
        candidates = decoded.get((opcode, source, destination), [])
        wanted = {theirs: number(parameters[ours]) for ours, theirs in fields.items()}
        matching = [frame for frame in candidates
                    if all([number(text) for text in frame[field]] == [value] for field, value in wanted.items())]
        if opcode == 0x52:
            matching = [frame for frame in candidates if sensor_data(frame) == parameters["marshalled_sensor_data"]]
        if not matching:
            raise AssertionError(f"{name} from {source:04x} to {destination:04x} {parameters} is not in the capture")
        seen[name] += 1
        meant.add((opcode, source, destination))
    for name, count in seen.items():
        check(count > 0, f"{name}: {count} sent, each in the capture with its fields")
    strays = [key for key in decoded if key[0] in MESSAGES and key not in meant]
    check(not strays, f"the capture holds no message that nobody meant ({strays[:5]})")
    reassembled = [frame for frame in frames if frame["btmesh.model.opcode"] == ["0x0000"]]
    # The count holds repeated segments too.
    counts = [number(count) for frame in reassembled for count in frame["btmesh.segmented.access.fragment.count"]]
    check(reassembled and len(counts) == len(reassembled) and min(counts) >= 2,
          "Config AppKey Add is put together from segments")


def sensor_data(frame):
    """The decrypted access message after its opcode, as the trace writes marshalled sensor data: 0x0056=0a00."""
    octets = bytes.fromhex(frame["btmesh.access.decrypted"][0].replace(":", ""))[1:]
    header = int.from_bytes(octets[:2], "little")
    return f"0x{header >> 5:04x}={octets[2:].hex()}"


def main():
    program, folder, model = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    need_program("tshark")
    scripts = [folder / name for name in SCRIPTS]
    if not all(script.is_file() for script in scripts):
        skip(f"{folder} is not there")
    with Sandbox() as sandbox:
        capture, keys = sandbox.folder / "air.pcapng", sandbox.folder / "keys"
        run = Blemesh(sandbox, program, "--virtual", "--seed", "1", "--for", "90s", "--trace", "--pcap", capture,
                      "--keys", keys, "--type", f"onoff_client@ready+2s:{model}.set_state(True)",
                      "--type", f"onoff_client@ready+6s:{model}.get_state()",
                      "--type", f"onoff_client@ready+10s:{model}.set_state(False)", *scripts)
        check(run.finish() == 0, "the run ends well")
        frames = decode(capture, keys)
        check(len(frames) > 100, f"the capture has {len(frames)} frames")
        check_kinds(frames)
        check_decrypted(frames)
        check_remarks(frames)
        check_fields(frames, run.events)
    print("all as it should be")


if __name__ == "__main__":
    main()
