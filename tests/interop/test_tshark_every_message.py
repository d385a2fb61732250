"""tshark decodes every message of the Configuration, Health, OnOff, Level, Default Transition Time and Sensor models to
the fields that its sender meant: each message that was said is in the capture with these values, and the capture holds
no other. Its dissector (4.0) knows all of them, with two exceptions, by which a server says that it does not know a property: a
Sensor Status with length 0x7f in Format B (MshMDL 4.2.14) is to it a value of 128 octets, cut off; and it takes no Sensor
Cadence Status that ends after the property (4.2.6). In Sensor Cadence messages it calls the first delta up, the second down,
where the specification has down first (4.2.5). Of a vendor's model it shows the company alone in Config Vendor Model
App Get and List. Raw values it shows as octets.

usage: test_tshark_every_message.py EVERY_MESSAGE
"""

import json
import pathlib
import subprocess
import sys

from peers import Sandbox, check, need_program

MODEL = "btmesh.model."
MIN_MESSAGES, MIN_KINDS = 200, 110
KEYS = {"63964771734fbd76e3b40519d1d94a48", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"}
ALLOWED_REMARKS = {(octets, "Malformed Packet (Exception occurred)") for octets in ("52ff9900", "579900")}
COMPANY_ALONE = ("config_vendor_model_app_get", "config_vendor_model_app_list")
LABEL = "0073e7e4d8b9440faf8415df4c56c0e1"
RESOLUTIONS_MS = (100, 1000, 10000, 600000)

# What the field is called there, where it is not our name, or our name without underscores.
NAMES = {
    "app_key_indexes": "appkeyindex", "net_key_indexes": "netkeyindex", "addresses": "address", "label_uuid": "label",
    "publish_address_label_uuid": "publishaddress", "fault_array": "fault",
    "sensor_setting_property_ids": "sensor_setting_property_id",
    "publish_retransmit_count": "publishretransmit.count",
    "publish_retransmit_interval_steps": "publishretransmit.intervalsteps",
    "network_transmit_count": "networktransmit.count", "relay_retransmit_count": "relayretransmit.count",
    "network_transmit_interval_steps": "networktransmit.intervalsteps",
    "relay_retransmit_interval_steps": "relayretransmit.intervalsteps",
}
LISTS = ("addresses", "app_key_indexes", "net_key_indexes", "sensor_setting_property_ids")
# Our field of octets: theirs, in the order in which the octets stand.
COMPOSED = {
    "columns": ["raw_value_a", "raw_value_b", "raw_value_c"], "column": ["raw_value_a", "raw_value_b", "raw_value_c"],
    "raw_value_x": ["raw_value_a"], "raw_values_x": ["raw_value_a1", "raw_value_a2"],
    "triggers_and_cadence": ["status_trigger_delta_up", "status_trigger_delta_down", "status_min_interval",
                             "fast_cadence_low", "fast_cadence_high", "remainder_not_dissected"],
}

# What was meant, in words of this file alone: one frame at least must say so.
MEANT = [
    ("generic_level_set", {"level": "-1234", "transition_time.resolution": "1", "transition_time.steps": "5",
                           "delay": "4"}),
    ("generic_level_set_unacknowledged", {"level": "4321"}),
    ("generic_delta_set", {"delta_level": "-70000"}),
    ("generic_move_set", {"delta_level": "-300"}),
    ("generic_move_set_unacknowledged", {"delta_level": "0"}),
    ("sensor_status", {"mpid.format_a.length": "0", "mpid.format_a.property_id": "0x004f",
                       "raw_value": "2b"}),
    ("sensor_cadence_set", {"property_id": "0x004f", "fast_cadence_period_divisor": "2", "status_min_interval": "5"}),
    ("health_fault_status", {"test_id": "7", "company_id": "0x02c4", "fault": "3|4|5|6"}),
    ("health_attention_set", {"attention": "30"}),
    ("config_appkey_add", {"netkeyindexandappkeyindex.net": "1110", "netkeyindexandappkeyindex.app": "291",
                           "appkey": "63964771734fbd76e3b40519d1d94a48"}),
    ("config_model_publication_set", {"elementaddress": "32", "publishaddress": "16", "publishttl": "5",
                                      "publishperiod.resolution": "1", "publishperiod.steps": "10",
                                      "publishretransmit.count": "3", "publishretransmit.intervalsteps": "1",
                                      "modelidentifier": "0x1002"}),
    ("config_heartbeat_publication_set", {"destination": "16", "periodlog": "5", "ttl": "7"}),
    ("config_composition_data_status", {"cid": "0x02c4", "features.relay": "0", "vendor_model": "0x004202c4"}),
]


def snake(name):
    return name.lower().replace(" ", "_")


def known_fields():
    """The dissector's field names, without their common beginning."""
    listing = subprocess.run(["tshark", "-G", "fields"], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    names = (line.split("\t")[2] for line in listing.stdout.splitlines() if line.startswith("F\t"))
    return [name[len(MODEL):] for name in names if name.startswith(MODEL)]


def decode(capture, keys, fields):
    """The frames with an access message: (src, dst, opcode, {field: values}); its remarks, (decrypted octets, text); and
    how many Network PDUs stayed closed."""
    options = [word for line in keys.read_text().splitlines() for word in ("-o", line)]
    options += ["-o", f'uat:btmesh_label_uuids:"0x{LABEL}"']
    wanted = ["btcommon.eir_ad.entry.type", "btmesh.src", "btmesh.dst", "btmesh.model.opcode", "_ws.expert.message",
              "_ws.malformed", "btmesh.access.decrypted", *(MODEL + field for field in fields)]
    command = ["tshark", "-r", str(capture), "-2", *options, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"]
    for field in wanted:
        command += ["-e", field]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(result.returncode == 0, f"tshark reads the capture ({result.stderr.strip().splitlines()[-1:]})")
    frames, remarks, closed = [], [], 0
    for line in result.stdout.splitlines():
        row = dict(zip(wanted, line.split("\t")))
        if row["_ws.expert.message"] or row["_ws.malformed"]:
            remarks.append((row["btmesh.access.decrypted"].replace(":", ""), row["_ws.expert.message"]))
        if "0x2a" in row["btcommon.eir_ad.entry.type"] and not row["btmesh.src"]:
            closed += 1
        if row["btmesh.model.opcode"]:
            values = {field: row[MODEL + field] for field in fields if row[MODEL + field]}
            frames.append((number(row["btmesh.src"]), number(row["btmesh.dst"]), number(row["btmesh.model.opcode"]),
                           values))
    return frames, remarks, closed


def number(text):
    return int(str(text), 0)


def octets(text):
    return bytes.fromhex(text.replace(":", "").replace("|", ""))


def steps_ms(values, field):
    return number(values[field + ".steps"]) * RESOLUTIONS_MS[number(values[field + ".resolution"])]


def composed(values, message, parts):
    """The octets of several fields there, one after another; a list's columns by turns."""
    columns = [values.get(f"{message}.{part}", "").split("|") for part in parts]
    rows = max(len(column) for column in columns)
    out = b""
    for row in range(rows):
        for part, column in zip(parts, columns):
            text = column[row] if row < len(column) else ""
            if part == "status_min_interval" and text:
                text = f"{number(text):02x}"
            out += octets(text)
    return out


def descriptors(values, message):
    """Sensor Descriptors as octets again; one that is unknown is a property alone."""
    def column(name):
        text = values.get(f"{message}.descriptor_{name}", "")
        return [number(value) for value in text.split("|")] if text else []

    out = b""
    properties, positive, negative = column("sensor_property_id"), column("positive_tolerance"), column("negative_tolerance")
    rest = [column(name) for name in ("sensor_sampling_function", "sensor_measurement_period", "sensor_update_interval")]
    for i, prop in enumerate(properties):
        out += prop.to_bytes(2, "little")
        if i < len(positive):
            out += (positive[i] | negative[i] << 12).to_bytes(3, "little") + bytes(part[i] for part in rest)
    return out


def sensor_data(values, message):
    """As our text has it: 0x004f=2b 0x0054=3412."""
    raw = values.get(f"{message}.raw_value", "").split("|")
    formats = values.get(f"{message}.mpid.format", "").split("|")
    ids = {kind: iter(values.get(f"{message}.mpid.format_{name}.property_id", "").split("|"))
           for kind, name in (("0", "a"), ("1", "b"))}
    lengths = iter(values.get(f"{message}.mpid.format_b.length", "").split("|"))
    raw, words = iter(raw), []
    for kind in formats:
        prop = number(next(ids[kind]))
        absent = kind == "1" and number(next(lengths)) == 0x7f
        words.append(f"0x{prop:04x}={'' if absent else octets(next(raw)).hex()}")
    return " ".join(words)


def composition(values, message):
    def one(name, size):
        return number(values[f"{message}.{name}"]).to_bytes(size, "little")

    out = b"".join(one(name, 2) for name in ("cid", "pid", "vid", "crpl", "features"))
    def numbers(name):
        return [number(text) for text in values.get(f"{message}.{name}", "").split("|") if text]

    sig, vendor = iter(numbers("sig_model")), iter(numbers("vendor_model"))
    for place, sigs, vendors in zip(numbers("loc"), numbers("nums"), numbers("numv")):
        out += place.to_bytes(2, "little") + bytes([sigs, vendors])
        out += b"".join(next(sig).to_bytes(2, "little") for _ in range(sigs))
        out += b"".join(next(vendor).to_bytes(4, "little") for _ in range(vendors))
    return out


class Reader:
    """Finds our fields among the dissector's."""

    def __init__(self, fields):
        self.fields = set(fields)

    def find(self, message, ours):
        """Its name there."""
        candidates = [NAMES.get(ours, ours), ours.replace("_", ""), f"{ours.replace('_', '')}.idx"]
        if ours in ("net_key_index", "app_key_index"):
            kind = ours[:3]
            candidates = [f"netkeyindexandappkeyindex.{kind}", candidates[2], candidates[1]]
        if ours == "network_transmit_interval_steps":
            candidates.append("networktransmitinterval.steps")
        for name in candidates:
            if f"{message}.{name}" in self.fields:
                return f"{message}.{name}"
        raise AssertionError(f"tshark knows no field like {message}.{ours}")

    def same(self, name, ours, value, values):
        """Does the frame say the same of this field?"""
        message = snake(name)
        if ours in COMPOSED:
            return composed(values, message, COMPOSED[ours]).hex() == value
        if ours == "descriptors":
            return descriptors(values, message).hex() == value
        if ours == "marshalled_sensor_data":
            return sensor_data(values, message) == value
        if ours == "data":
            return composition(values, message).hex() == value
        if ours in ("transition_time", "remaining_time", "publish_period"):
            field = f"{message}.{ours if ours != 'publish_period' else 'publishperiod'}"
            return field + ".steps" in values and steps_ms(values, field) == value
        if ours == "model_identifier":
            return self.same_model(message, value, values)
        text = values.get(self.find(message, ours), "")
        if ours in ("app_key", "net_key"):
            return octets(text).hex() in KEYS
        if ours in ("label_uuid", "publish_address_label_uuid", "sensor_setting_raw"):
            return octets(text).hex() == value
        if ours == "fault_array":
            return bytes(number(part) for part in text.split("|") if part).hex() == value
        if ours in LISTS:
            return [number(part) for part in text.split("|") if part] == [number(part) for part in value.split()]
        return text != "" and number(text.split("|")[0]) == number(value)

    @staticmethod
    def same_model(message, value, values):
        if ":" in value:
            company, model = (number(part) for part in value.split(":"))
            if message in COMPANY_ALONE:
                return number(values[f"{message}.modelidentifier"]) == company
            text = values.get(f"{message}.vendormodelidentifier") or values.get(f"{message}.modelidentifier", "-1")
            return number(text) == model << 16 | company  # the company comes first, least significant
        return number(values.get(f"{message}.modelidentifier", "-1")) == number(value)


def check_both_ways(reader, said, frames):
    """Every message that was said is in the capture with its fields, and every one in the capture was said."""
    by_route = {}
    for message in said:
        by_route.setdefault((message["src"], message["dst"], message["number"]), []).append(message)
    missing = {id(message): message for message in said}
    for source, destination, opcode, values in frames:
        meant = by_route.get((source, destination, opcode), [])
        matching = [message for message in meant
                    if all(reader.same(message["name"], ours, value, values) for ours, value in message["fields"].items())]
        for message in matching:
            missing.pop(id(message), None)
        if not matching and opcode < 0xC00000:
            raise AssertionError(f"tshark reads {opcode:04x} {source:04x} → {destination:04x} as {values}; "
                                 f"meant was one of {[message['fields'] for message in meant][:8]}")
    check(not missing, f"every message is in the capture with its fields (not: {list(missing.values())[:3]})")


def normal(text):
    return "|".join(str(int(part, 0)) if part.startswith("0x") or part.lstrip("-").isdigit() else part.replace(":", "")
                    for part in text.split("|"))


def main():
    need_program("tshark")
    fields = [field for field in known_fields()
              if field.startswith(("config_", "health_", "sensor_", "generic_onoff", "generic_level", "generic_delta",
                                   "generic_move", "generic_default"))]
    check(len(fields) > 300, f"the dissector has {len(fields)} fields for these models")
    with Sandbox() as sandbox:
        capture, keys = sandbox.folder / "air.pcapng", sandbox.folder / "keys"
        run = subprocess.run([sys.argv[1], str(capture), str(keys)], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        check(run.returncode == 0, f"every message of the table is said ({run.stderr.strip()[-300:]})")
        said = [json.loads(line) for line in run.stdout.splitlines()]
        check(len(said) >= MIN_MESSAGES, f"{len(said)} messages")
        kinds = {message["name"] for message in said}
        check(len(kinds) >= MIN_KINDS, f"of {len(kinds)} kinds")
        frames, remarks, closed = decode(pathlib.Path(capture), pathlib.Path(keys), fields)
        check(closed == 0, "every Network PDU is decrypted")
        others = [remark for remark in remarks if remark not in ALLOWED_REMARKS]
        check(not others, f"tshark has no other remark, and calls nothing else malformed ({others[:3]})")
        check_both_ways(Reader(fields), said, frames)
        for message, meant in MEANT:
            matching = [values for _, _, _, values in frames
                        if all(normal(value) in (normal(values.get(f"{message}.{field}", "")),
                                                 values.get(f"{message}.{field}", "").replace(":", ""))
                               for field, value in meant.items())]
            check(matching, f"{message} with {meant}")
    print("all as it should be")


if __name__ == "__main__":
    main()
