"""Networks come and go as Mesh Configuration Databases: blemesh export, blemesh import, and blemesh listen on what came."""

import json
import os
import sqlite3
import stat

from command import check, main
from network import Boards, begin, blemesh, devices, done, lines, refused, take_in, talk

PHONE, LAMP = "72c6be40444d2081beaaddad4e3cc21c", "82C6BE40-444D-2081-BEAA-DDAD4E3CC21C"
LABEL = "0073E7E4D8B9440FAF8415DF4C56C0E1"


def app_file():
    """As apps write it: no groups, numbers as strings, addresses as numbers, names of older versions, more members."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#", "id": "TBD", "version": "1.0", "meshUUID": PHONE,
        "meshName": "House", "timestamp": "2025-03-23T15:08:39+00:00", "vendorThing": {"a": [1, None, {"b": "c"}]},
        "netKeys": [
            {"name": "Home", "index": 0, "key": "3EBD9050E1500BF4752888946409A398", "phase": 0, "minSecurity": "secure",
             "timestamp": "2025-03-23T15:08:39+00:00"},
            {"index": "1", "minSecurity": "low", "timestamp": None, "key": "3ebd9050e1500bf4752888946409a399", "oldKey": "00bd9050e1500bf4752888946409a399",
             "phase": 1}],
        "appKeys": [{"name": "Light", "index": 0, "boundNetKey": 0, "key": "8090BBC4A6443EB48C0C56FAB14FF036"},
                    {"name": "", "index": 3, "boundNetKey": 1, "key": "8090BBC4A6443EB48C0C56FAB14FF037",
                     "oldKey": "8090BBC4A6443EB48C0C56FAB14FF038"}],
        "provisioners": [{"provisionerName": "Phone", "UUID": PHONE,
                          "allocatedUnicastRange": [{"lowAddress": "0001", "highAddress": "199a"}],
                          "allocatedGroupRange": [{"lowAddress": "C000", "highAddress": "CC9A"}],
                          "allocatedSceneRange": [{"firstScene": "0001", "lastScene": "3333"}]}],
        "nodes": [
            {"UUID": PHONE, "name": "Phone", "deviceKey": "00112233445566778899aabbccddeeff", "unicastAddress": "0001",
             "security": "high", "configComplete": True, "netKeys": [{"index": 0, "updated": False}], "appKeys": [0],
             "elements": [{"index": 0, "location": "0000", "models": []}]},
            {"UUID": LAMP, "name": "Lamp", "deviceKey": "11112233445566778899AABBCCDDEEFF", "unicastAddress": 2,
             "blacklisted": True, "cid": "004C", "futureMember": [1, 2], "features": {"relay": "1", "proxy": 2},
             "elements": [{"location": "0100", "models": [
                 {"modelId": "1000", "bind": ["0"], "subscribe": ["C000", LABEL],
                  "publish": {"address": "c001", "index": 0, "ttl": 255, "credentials": 0,
                              "period": {"numberOfSteps": 0, "resolution": 100},
                              "retransmit": {"count": 0, "interval": 50}}},
                 {"modelId": "0059000A", "bind": [3], "subscribe": []}]},
                          {"index": None, "name": None, "location": None, "models": []}]},
            {"UUID": "92C6BE40444D2081BEAADDAD4E3CC21C", "unicastAddress": "0x0009"}],
        "networkExclusions": [{"ivIndex": 5, "addresses": ["199B", "199C"]}],
    }


def put(folder, document, name="app.json"):
    path = folder.path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def exported(folder, network, name="out.json"):
    status, _, err = blemesh(folder, "export", "--network", network, name)
    path = folder.path / name
    check(status == 0 and "holds all keys" in err, "export says that it holds all keys")
    check(stat.S_IMODE(path.stat().st_mode) == 0o600, "and nobody else may read them")
    return json.loads(path.read_text())


def what_an_app_wrote_is_taken(folder):
    out = json.loads(done(folder, "import", "--network", "house", put(folder, app_file()), "--json"))
    check(out["nodes"] == 3 and out["withoutDeviceKey"] == 1 and out["netKeys"] == 2, f"the import says what it took ({out})")
    address = int(out["address"], 16)
    check(address >= 0x199D and out["ivIndex"] == 5 and not out["ivIndexKnown"],
          "our address is outside the phone's range, and none that somebody had")
    document = exported(folder, "house")
    check(document["version"] == "1.0.1" and document["vendorThing"] == app_file()["vendorThing"], "unknown members stay")
    keys = {key["index"]: key for key in document["netKeys"]}
    check(keys[0]["key"] == "3EBD9050E1500BF4752888946409A398" and keys[0]["name"] == "Home", "with the keys")
    check((keys[1]["phase"], keys[1]["oldKey"]) == (1, "00BD9050E1500BF4752888946409A399"), "a Key Refresh under way too")
    check({key["index"]: key["key"][-2:] + key.get("oldKey", "none")[-2:] for key in document["appKeys"]} ==
          {0: "36ne", 3: "3738"}, "and application keys, old and new")
    phone, lamp, bare, own = document["nodes"]
    check(phone["UUID"] == "72C6BE40-444D-2081-BEAA-DDAD4E3CC21C" and phone["appKeys"] == [{"index": 0, "updated": False}],
          "identifiers and lists are in the schema's form")
    check(lamp["unicastAddress"] == "0002" and lamp["excluded"] is True and "blacklisted" not in lamp
          and lamp["futureMember"] == [1, 2] and lamp["features"]["relay"] == 1, "what apps write otherwise too")
    check(lamp["elements"][1] == {"index": 1, "location": "0000", "models": []}, "what is null counts as missing")
    check((phone["security"], lamp["security"], keys[1]["minSecurity"]) == ("secure", "insecure", "insecure"),
          "levels of security are in the schema's words")
    check(keys[1]["timestamp"] == document["timestamp"], "and every network key has a time")
    model = lamp["elements"][0]["models"][0]
    check(model["bind"] == [0] and model["subscribe"] == ["C000", LABEL] and model["publish"]["address"] == "C001",
          "models are whole")
    check("deviceKey" not in bare and lamp["deviceKey"] == "11112233445566778899AABBCCDDEEFF", "device keys where there were")
    ours = [entry for entry in document["provisioners"] if entry["UUID"] == own["UUID"]]
    check(own["unicastAddress"] == f"{address:04X}" and len(ours) == 1 and len(document["provisioners"]) == 2,
          "we are one more provisioner")
    low, high = (int(ours[0]["allocatedUnicastRange"][0][end], 16) for end in ("lowAddress", "highAddress"))
    check(low == address and high > low, "with a range of its own")
    check(f"0x{address:04x}" in done(folder, "nodes", "--network", "house"), "blemesh nodes shows it")
    refused(folder, "import", "--network", "house", put(folder, app_file()), says="is there already")
    rows = done(folder, "decode", "--wireshark", "--keys", folder.path / "app.json")
    check(rows.count("btmesh_nw_keys") == 5 and rows.count("btmesh_dev_keys") == 2 and LABEL.lower() in rows,
          f"decode takes an app's database for its keys and labels ({rows})")
    # Round trip: what we exported we take, and lose nothing of it.
    done(folder, "import", "--network", "again", folder.path / "out.json")
    again = exported(folder, "again", "again.json")
    first = {node["UUID"]: node for node in document["nodes"]}
    second = {node["UUID"]: node for node in again["nodes"]}
    check(all(second[uuid] == node for uuid, node in first.items()) and len(second) == len(first) + 1,
          "a second round trip changes no node and adds ours")
    for member in ("netKeys", "appKeys", "groups", "scenes", "networkExclusions", "vendorThing", "meshUUID", "meshName"):
        check(document[member] == again[member], f"nor {member}")
    ours = next(int(node["unicastAddress"], 16) for uuid, node in second.items() if uuid not in first)
    check(ours > 0x199C and not low <= ours <= high, "whose address is outside the range of the first import")
    # Who imports the same file again has other addresses: the sequence numbers of the first import are used up.
    addresses = [json.loads(done(folder, "import", "--network", f"n{n}", folder.path / "app.json", "--json"))["address"]
                 for n in range(4)]
    check(len(set(addresses)) > 2, f"the same file twice does not make the same address twice ({addresses})")


def nonsense_is_refused(folder):
    def spoil(change):
        document = app_file()
        change(document)
        return put(folder, document)

    cases = [
        (lambda d: d["nodes"][1].update(unicastAddress="8000"), "nodes[1].unicastAddress: 0x8000"),
        (lambda d: d["nodes"][2].update(unicastAddress="0003"), "nodes[2].unicastAddress: 0x0003 and its 1 elements overlap with nodes[1]"),
        (lambda d: d["nodes"][1].update(unicastAddress="7FFF"), "nodes[1].unicastAddress: 2 elements"),
        (lambda d: d["nodes"][0].pop("UUID"), "nodes[0].UUID: is missing"),
        (lambda d: d["nodes"][0].update(deviceKey="0011"), "nodes[0].deviceKey: expected a key"),
        (lambda d: d["nodes"][1]["elements"][0]["models"][0].update(modelId="10"), None),
        (lambda d: d["nodes"][1]["elements"][0]["models"][0].update(modelId="xyz"), "nodes[1].elements[0].models[0].modelId: "),
        (lambda d: d["nodes"][1]["elements"][0]["models"][0].update(bind=[4096]), "nodes[1].elements[0].models[0].bind[0]: expected a number from 0 to 4095"),
        (lambda d: d["nodes"][1]["elements"][0]["models"][0].update(subscribe=["C0000"]), "nodes[1].elements[0].models[0].subscribe[0]: "),
        (lambda d: d.update(nodes={}), "nodes: expected a list"),
        (lambda d: d.update(nodes=[1]), "nodes[0]: expected an object"),
        (lambda d: d["netKeys"][0].update(index=2), "netKeys: the primary network key"),
        (lambda d: d["netKeys"][1].update(index=0), "netKeys[1].index: 0 is the index of netKeys[0] too"),
        (lambda d: d["netKeys"][1].pop("oldKey"), "netKeys[1].oldKey: is missing"),
        (lambda d: d["netKeys"][0].update(key=7), "netKeys[0].key: expected a key"),
        (lambda d: d["netKeys"][0].update(minSecurity="some"), 'netKeys[0].minSecurity: expected "secure" or "insecure"'),
        (lambda d: d["netKeys"][0].update(phase=3), "netKeys[0].phase: expected a number from 0 to 2"),
        (lambda d: d["appKeys"][1].update(boundNetKey=7), "appKeys[1].boundNetKey: there is no network key 7"),
        (lambda d: d["provisioners"][0]["allocatedUnicastRange"][0].update(highAddress="0000"), "provisioners[0].allocatedUnicastRange[0].highAddress: "),
        (lambda d: d.update(groups=[{"name": "g", "address": "0005"}]), "groups[0].address: 0x0005 is no group address"),
        (lambda d: d.update(version="2.0.0"), "version: is not 1.x"),
        (lambda d: d.update(meshUUID="house"), "meshUUID: expected a UUID"),
    ]
    for number, (change, says) in enumerate(cases):
        path = spoil(change)
        if says:
            refused(folder, "import", "--network", "bad", path, says=says)
        else:
            done(folder, "import", "--network", f"good{number}", path)
    for text, says in (("{", "it is no JSON"), ("[]", "json: it is no Mesh Configuration Database"), ("{}", "no Mesh Configuration Database"),
                       ("", "it is no JSON"), ('{"netKeys": 1, "netKeys": 2}', "it is no JSON")):
        refused(folder, "import", "--network", "bad", put(folder, text), says=says)
    refused(folder, "import", "--network", "bad", folder.path / "nowhere.json", says="No such file")
    refused(folder, "import", says="expected one file", status=2)
    refused(folder, "nodes", "--network", "bad", says="there is no network bad")


def settings_come_into_the_schemas_form(folder):
    """What nodes are set to, as real apps write it: brought into form, or left out with a warning; nothing else breaks."""
    document = app_file()
    lamp = document["nodes"][1]
    lamp.update(cid=76, pid="1", vid="0x0002", crpl="00", secureNetworkBeacon=1, defaultTTL="5",
                networkTransmit={"count": 3, "interval": 4}, relayRetransmit={"count": 0, "interval": 0},
                heartbeatPub={"destination": "c000", "period": 65536, "ttl": 5, "index": 0, "features": ["Relay", "relay", "lowpower"]},
                heartbeatSub={"source": "0001", "destination": "0002"})
    lamp["elements"][0].update(location=257, name="")
    publish = lamp["elements"][0]["models"][0]["publish"]
    publish.pop("credentials")
    publish.update(period=30000, retransmit={"count": 2, "interval": 1})
    lamp["elements"][1]["models"] = [
        {"modelId": 4097, "bind": [0, "0", 0], "subscribe": ["C001", "c001", "0000", "0005"],
         "publish": {"address": "0000", "index": 0, "ttl": 0}},
        {"modelId": "1001", "bind": [3], "subscribe": []}]
    document["nodes"][2].update(
        cid="no", features={"relay": 5, "proxy": 1, "friend": 3}, defaultTTL=1, networkTransmit={"count": 9, "interval": 20},
        relayRetransmit=[1], heartbeatPub={"address": "8000", "period": 3, "ttl": 5, "index": 0, "features": []},
        heartbeatSub={"source": "C000", "destination": "C000"}, name=7, elements=[
            {"index": 1, "location": "xyz", "models": [{"modelId": "1000", "bind": [], "subscribe": [], "publish": {
                "address": "C000", "index": 0, "ttl": 200}}]},
            {"index": 0, "location": "0001", "models": [{"modelId": "1002", "publish": {
                "address": "C000", "index": 0, "ttl": 2, "period": {"numberOfSteps": 1, "resolution": 7}}}]}])
    document["netKeys"][0]["timestamp"] = 1742742519000
    document["timestamp"] = "yesterday"
    document["groups"] = [{"name": "", "address": "C000", "parentAddress": "0000"}, {"name": "Second", "address": 49152}]
    document["scenes"] = [{"name": "", "number": "0001", "addresses": ["0002", "C000"]}]
    document["ivIndex"] = "0000000A"
    wrapped = "\ufeff" + json.dumps({"version": "1.0", "meshNetwork": document})
    status, out, err = blemesh(folder, "import", "--network", "set", put(folder, wrapped), "--json")
    out = json.loads(out)
    check(status == 0 and out["ivIndex"] == 10 and out["ivIndexKnown"], f"an IV index in hexadecimal digits is one ({err})")
    for says in ("nodes[2].cid", "nodes[2].features.relay", "nodes[2].defaultTTL", "nodes[2].networkTransmit.count",
                 "nodes[2].relayRetransmit", "nodes[2].heartbeatPub.address", "nodes[2].heartbeatSub.source", "nodes[2].name",
                 "nodes[2].elements[0].location", "nodes[2].elements[0].models[0].publish.ttl", "0005 left out",
                 "nodes[2].elements[1].models[0].publish.period.resolution", "timestamp", "scenes[0].addresses", "groups: an entry"):
        check(any(says in warning for warning in out["warnings"]) and says in err, f"{says} is told ({err})")
    check(len(out["warnings"]) == 15, f"and nothing else ({err})")
    made = exported(folder, "set")
    lamp, bare = made["nodes"][1:3]
    wanted = {"cid": "004C", "pid": "0001", "vid": "0002", "crpl": "0000", "secureNetworkBeacon": True, "defaultTTL": 5,
              "networkTransmit": {"count": 3, "interval": 50},
              "heartbeatPub": {"address": "C000", "period": 65535, "ttl": 5, "index": 0, "features": ["relay", "lowPower"]},
              "heartbeatSub": {"source": "0001", "destination": "0002"}}
    check({name: lamp[name] for name in wanted} == wanted and "relayRetransmit" not in lamp, f"states are in form ({lamp})")
    check(lamp["elements"][0]["location"] == "0101" and "name" not in lamp["elements"][0], "elements too")
    check(lamp["elements"][0]["models"][0]["publish"] == {
        "address": "C001", "index": 0, "ttl": 255, "credentials": 0, "period": {"numberOfSteps": 30, "resolution": 1000},
        "retransmit": {"count": 2, "interval": 100}}, "and publications")
    check(lamp["elements"][1]["models"] == [{"modelId": "1001", "bind": [0], "subscribe": ["C001"]}], "doubles go")
    check(not set(bare) & {"cid", "defaultTTL", "networkTransmit", "relayRetransmit", "heartbeatPub", "heartbeatSub"},
          "what makes no sense is not handed on")
    check(bare["features"] == {"proxy": 1} and [element["location"] for element in bare["elements"]] == ["0001", "0000"],
          "elements are in their order")
    check(made["partial"] is True, "a network whose nodes have not all their keys is not the whole one")
    against_the_schema(made)
    # A second import has nothing to complain about.
    check(json.loads(done(folder, "import", "--network", "set2", folder.path / "out.json", "--json"))["warnings"] == [],
          "our export is taken without a warning")


def against_the_schema(document):
    """The limits of schema 1.0.1, as far as they can be broken."""
    hex16 = lambda text: isinstance(text, str) and len(text) == 4 and int(text, 16) >= 0
    when = lambda text: len(text) >= 20 and text[10] == "T"
    for name in ("meshName", "meshUUID", "timestamp"):
        check(document[name], f"{name} is there")
    check(when(document["timestamp"]), "when it was written")
    for kind, name in (("netKeys", "name"), ("appKeys", "name"), ("groups", "name"), ("scenes", "name"),
                       ("provisioners", "provisionerName"), ("nodes", "name")):
        for entry in document[kind]:
            check(entry[name], f"{kind} have names ({entry})")
    check(all(when(key["timestamp"]) for key in document["netKeys"]), "network keys have a time")
    for node in document["nodes"]:
        check(hex16(node["unicastAddress"]) and node["security"] in ("secure", "insecure"), "nodes have what they must")
        check(all(value in (0, 1, 2) for value in node.get("features", {}).values()), "features are 0 to 2")
        for name in ("networkTransmit", "relayRetransmit"):
            if name in node:
                check(1 <= node[name]["count"] <= 8 and node[name]["interval"] in range(10, 321, 10), name)
        for element in node["elements"]:
            check(hex16(element["location"]) and element.get("name", "x"), "elements")
            for model in element["models"]:
                publish = model.get("publish")
                if publish:
                    check(publish["retransmit"]["interval"] in range(50, 1601, 50) and publish["ttl"] in (*range(128), 255), "publish")
                    check(publish["period"]["resolution"] in (100, 1000, 10000, 600000), "period")


def hostile_json_does_no_harm(folder):
    def with_name(name):
        document = app_file()
        document["nodes"][1]["name"] = name
        return json.dumps(document)

    for text, says in (('{"a":' * 100000, "it is no JSON"), (with_name("x").replace('"x"', '"\\u0000"'), "it is no JSON"),
                       (with_name("x").replace('"x"', '"\\ud800"'), "it is no JSON"),
                       (with_name("x").replace('"x"', "1e999"), "it is no JSON"),
                       (with_name("x").replace('"x"', "9" * 400), "it is no JSON"),
                       ('{"netKeys": \x1b[2J}', "it is no JSON")):
        status, _, err = blemesh(folder, "import", "--network", "bad", put(folder, text))
        check(status == 1 and says in err and "\x1b" not in err and len(err) < 500, f"{text[:40]} is refused ({err[:300]!r})")
    large = folder.path / "large.json"
    with open(large, "wb") as file:
        file.truncate(100 << 20)
    refused(folder, "import", "--network", "bad", large, says="larger than any network's database")
    document = app_file()
    document["deep"] = json.loads("[" * 500 + "]" * 500)
    document["nodes"][1]["name"] = "\x1b[31mred\u202e\u00e9"
    document["nodes"].append({**document["nodes"][2], "unicastAddress": "0100"})
    document["provisioners"].append({**document["provisioners"][0]})
    document["provisioners"].append({**document["provisioners"][0], "UUID": "12c6be40444d2081beaaddad4e3cc21c"})
    document["appKeys"][0]["name"] = None
    status, _, err = blemesh(folder, "import", "--network", "odd", put(folder, document))
    check(status == 0 and "has the UUID of another node" in err and "provisioners: an entry left out" in err,
          f"doubles are told ({err})")
    shown = done(folder, "nodes", "--network", "odd")
    check("\x1b" not in shown and "\u00e9" in shown, "a name cannot steer the terminal")
    made = exported(folder, "odd")
    against_the_schema(made)
    check(made["deep"] == document["deep"] and len(made["provisioners"]) == 3, "the rest is there")


def a_full_network_gives_us_the_end_of_a_range(folder):
    document = app_file()
    document["provisioners"][0]["allocatedUnicastRange"] = [{"lowAddress": "0001", "highAddress": "7FFF"}]
    out = done(folder, "import", "--network", "full", put(folder, document))
    check("shortened" in out, "where every address is allocated, the end of a range that is not used is ours")
    phone, ours = exported(folder, "full")["provisioners"]
    check(int(phone["allocatedUnicastRange"][0]["highAddress"], 16) + 1 ==
          int(ours["allocatedUnicastRange"][0]["lowAddress"], 16), "and the other provisioner's is shorter by it")


def an_imported_network_is_run(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
        exported(folder, "default", "first.json")
        done(folder, "import", "--network", "second", folder.path / "first.json")
        listening = begin(folder, "listen", "--network", "second", "--json", "--count", "2", "--timeout", "30")
        everything = begin(folder, "listen", "--network", "second", "--all", "--timeout", "6")
        talk(listening, "listening with 1 network key", None)
        talk(everything, "listening with 1 network key", None)
        done(folder, "node", "--network", "second", "0x0002", "configure")
        out = listening.stdout.read()
        listening.wait(timeout=60)
        messages = [json.loads(line) for line in out.splitlines()]
        check(listening.returncode == 0 and len(messages) == 2, "listen ends after --count messages")
        own = json.loads(done(folder, "nodes", "--network", "second", "--json"))
        check(messages[0]["dst"] == 2 and messages[0]["src"] > 2 and messages[0]["opcode"].startswith("Config "),
              f"the lamp is asked from our new address, and answers ({messages} {own if not messages else ''})")
        out = everything.stdout.read()
        everything.wait(timeout=30)
        check("Network PDU" in out and "Unsegmented" in out, "--all shows every layer of everything")
    with Boards(folder, "two"):
        done(folder, "provision", "--network", "second", *devices(folder, 1), "--oob", "none")
        given = max(node["unicastAddress"] for node in exported(folder, "second", "second.json")["nodes"])
        low = [entry for entry in json.loads((folder.path / "second.json").read_text())["provisioners"]][-1]
        check(low["allocatedUnicastRange"][0]["lowAddress"] < given <= low["allocatedUnicastRange"][0]["highAddress"],
              "the next node's address comes out of our own range")


def names_that_are_meant_for_a_terminal(folder):
    """Escape sequences of an imported file, and of what is typed, are shown as text."""
    document = app_file()
    hostile = "n\x1b[31m\x9b2J\x7f\u202e"
    document["meshName"] = hostile
    document["groups"] = [{"name": hostile + "g", "address": "C000", "parentAddress": "0000"}]
    for number, node in enumerate(document["nodes"]):
        node["name"] = f"{hostile}{number}"
        node["elements"] = node.get("elements", [])[:1]
        for element in node["elements"]:
            element["name"] = hostile
    for key in document["netKeys"] + document["appKeys"]:
        key["name"] = hostile
    done(folder, "import", "--network", "evil", put(folder, document))
    for words in (["nodes"], ["node", "2"], ["groups"], ["keys"], ["export"], ["config", "2", "ttl", "--timeout", "0.1"],
                  ["send", "2", "onoff-get", "--timeout", "0.1"], ["node", hostile], ["nodes", "--" + hostile]):
        for more in ([], ["--json"]):
            status, out, err = blemesh(folder, *words, "--network", "evil", *more)
            check(not set("\x1b\x9b\x7f\u202e") & set(out + err), f"{words[0]} {more} shows no escape sequence")
            if more and words[0] != "export":
                objects = lines(out)
                check(objects and (status == 0) == ("error" not in json.dumps(objects)), f"but objects: {out[:300]}")
    for name in (hostile, "\udcff", "a\u202eb"):
        refused(folder, "node", "2", "name", name, "--network", "evil", says="without blanks, / and control characters", status=2)


def an_imported_network_tells_its_iv_index(folder):
    document = app_file()
    for member, count in (("nodes", 1), ("netKeys", 1), ("appKeys", 1), ("networkExclusions", 0)):
        del document[member][count:]
    done(folder, "import", "--network", "phone", "--iv", "5", put(folder, document))
    with Boards(folder, "one"):
        done(folder, "provision", "--network", "phone", *devices(folder, 1), "--oob", "none")
        document = exported(folder, "phone")
        lamp = document["nodes"][-1]["unicastAddress"]
        check(document.pop("blemesh")["ivIndex"] == 5, "our own export tells the IV index")
        out = done(folder, "import", "--network", "second", put(folder, document))
        check("0 is assumed until the network shows it" in out, "apps' files do not")
        check("ivIndex" not in exported(folder, "second")["blemesh"], "and what is assumed is not handed on")
        status, out, err = blemesh(folder, "config", "--network", "second", f"0x{lamp}", "beacon")
        check(status == 0 and "waiting for a beacon" in err, f"the first command waits for a beacon, and is understood ({out}{err})")
        check(exported(folder, "second")["blemesh"]["ivIndex"] == 5, "now it is known")
        status, _, err = blemesh(folder, "config", "--network", "second", f"0x{lamp}", "beacon")
        check(status == 0 and not err, "the next one need not wait")


def an_export_is_whole_or_not_there(folder):
    done(folder, "import", "--network", "house", put(folder, app_file()))
    refused(folder, "export", "--network", "house", "/nowhere/at/all.json", says="No such file")
    refused(folder, "export", "--network", "nobody", says="there is no network nobody")
    status, out, err = blemesh(folder, "export", "--network", "house")
    check(status == 0 and json.loads(out)["meshName"] == "House" and "keys" in err, "without a file: standard output")
    path = folder.path / "open.json"
    path.write_text("old")
    os.chmod(path, 0o644)
    exported(folder, "house", "open.json")


def what_an_earlier_version_took_is_not_handed_on(folder):
    """It kept what nodes are set to as it found it."""
    done(folder, "import", "--network", "old", put(folder, app_file()))
    with sqlite3.connect(folder.path / "state" / "blemesh" / "old.db") as database:
        node = json.loads(database.execute("SELECT value FROM record WHERE kind=145 AND idx=2").fetchone()[0])
        node.update(defaultTTL=1, networkTransmit={"count": 3, "interval": 4}, heartbeatSub="none")
        node["elements"][0].update(location="xyz")
        node["elements"][0]["models"][0]["publish"]["ttl"] = 200
        database.execute("UPDATE record SET value=? WHERE kind=145 AND idx=2", (json.dumps(node).encode(),))
    database.close()
    status, out, err = blemesh(folder, "export", "--network", "old")
    for says in ("defaultTTL", "heartbeatSub", "elements[0].location", "elements[0].models[0].publish.ttl"):
        check(status == 0 and f"blemesh export: left out: nodes[1].{says}: " in err, f"{says} is told ({err})")
    document = json.loads(out)
    lamp = document["nodes"][1]
    check(not {"defaultTTL", "heartbeatSub"} & set(lamp) and lamp["networkTransmit"] == {"count": 3, "interval": 50},
          "left out, or brought into form")
    against_the_schema(document)


main(what_an_app_wrote_is_taken, what_an_earlier_version_took_is_not_handed_on, nonsense_is_refused, settings_come_into_the_schemas_form, hostile_json_does_no_harm,
     a_full_network_gives_us_the_end_of_a_range, an_imported_network_is_run, an_imported_network_tells_its_iv_index, names_that_are_meant_for_a_terminal,
     an_export_is_whole_or_not_there)
