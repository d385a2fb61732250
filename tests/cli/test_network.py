"""A network from a terminal: scan, provision, nodes, node, keys, key-refresh, iv."""

import datetime
import json
import signal
import sqlite3

from command import check, main
from network import Boards, begin, blemesh, devices, done, lines, refused, take_in


def a_scan_shows_who_is_there(folder):
    with Boards(folder, "hall", bearers="mesh.PROV_ADV | mesh.PROV_GATT"):
        out = done(folder, "scan", "--timeout", "3")
        check("PB-ADV and PB-GATT  hall" in out, "a device on both bearers, with its name")
        uuid = next(word for word in out.split() if len(word) == 32)
        check(any(line.split()[:2] == ["device", uuid] and int(line.split()[2]) > 1
                  for line in out.split("WHO")[1].splitlines()), "the table at the end counts how often it was heard")
        rows = lines(done(folder, "scan", "--timeout", "3", "--json"))
        check(rows[-1]["event"] == "summary" and rows[-1]["heard"][0]["uuid"] == uuid, "the same for programs")
        check("rssi" not in rows[0], "nothing is near or far on the air")
        check("hall: a node with" in done(folder, "provision", uuid, "--oob", "none"), "a node is called what the device "
              "calls itself")
        running = begin(folder, "scan")
        check("our network default" in running.stdout.readline(), "its network is recognised, as a line at once")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=10)
        check(running.returncode == 0 and "WHO" in out and not err, "Ctrl-C ends it well, with the table")


def a_device_becomes_a_node(folder):
    with Boards(folder, "one", "two") as boards:
        first, second = devices(folder, 2)
        common = next(i for i in range(32) if first[i] != second[i])
        refused(folder, "provision", first[:common], says="2 devices begin so: ")
        out = done(folder, "provision", first[:common + 1].upper(), "--name", "lamp", "--oob", "none")
        check(out == "0x0002 lamp: a node with 1 element; 2 models bound to application key 0\n", "says what it is")
        boards.wait(event="prov", state="complete", address=2)
        rows = lines(done(folder, "provision", "--all", "--timeout", "3", "--no-config", "--json"))
        steps = [row["step"] for row in rows]
        check(steps == ["found", "link", "authentication", "keys", "data", "node", "done"], f"all phases ({steps})")
        check(rows[-1]["address"] == 3 and rows[-1]["uuid"] == second, "under the next address")
        table = done(folder, "nodes").splitlines()
        check([line.split()[0] for line in table] == ["ADDRESS", "0x0001", "0x0002", "0x0003"], "three nodes")
        check("lamp" in table[2] and "net 0  app 0" in table[2], "with name and keys")
        check("app none" in table[3] and "(not configured)" in table[3], "--no-config left that out")
        shown = done(folder, "node", "lamp")
        for words in ("Configuration Server" if "Server (" in shown else "0x0000", "replay list   128", "proxy"):
            check(words in shown, f"the node is shown with {words}")
        done(folder, "node", "3", "configure")
        node = json.loads(done(folder, "node", "3", "--json"))
        check([model["bind"] for model in node["elements"][0]["models"]] == [[], [0], [0]], "configured afterwards")
        check(node["UUID"].replace("-", "").lower() == second and node["configComplete"], "its document says so")


def names_are_given_and_looked_after(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
        done(folder, "node", "lamp", "name", "küche")
        check("küche" in done(folder, "nodes"), "a name of any language")
        refused(folder, "node", "küche", "name", "provisioner", says="another node or group has this name", status=2)
        refused(folder, "node", "küche", "name", "0x0007", says="this is an address", status=2)
        refused(folder, "node", "küche", "name", "a b", says="without blanks", status=2)
        refused(folder, "node", "lamp", says="no node or group has this name", status=2)
        refused(folder, "node", "9", says="no node of this network", status=2)
        refused(folder, "node", "küche/4", says="the node has 1 element", status=2)
        refused(folder, "node", "all-nodes", says="no node of this network", status=2)
        refused(folder, "node", "1", "reset", says="is this computer", status=2)
        refused(folder, "node", "2", "burn", says="unknown action", status=2)


def a_node_leaves(folder):
    with Boards(folder, "one", prompt="one") as boards:
        uuid, = take_in(folder, "lamp")
        out = done(folder, "node", "lamp", "reset")
        check("left the network" in out, "it is told")
        boards.wait(event="prov", state="reset")
        check(done(folder, "nodes").count("0x0002") == 0, "and forgotten")
        refused(folder, "provision", uuid, "--address", "2", says="it is not free", status=2)
        done(folder, "provision", uuid, "--address", "0x0010", "--oob", "none")
        boards.wait(event="prov", state="complete", address=16)
        boards.type("mesh.reset_node_prov()")
        boards.type("mesh.set_node_prov(mesh.PROV_ADV)")
        done(folder, "provision", uuid, "--address", "0x0020", "--oob", "none")
        check("0x0010" not in done(folder, "nodes"), "a node that was reset by hand is forgotten when it comes again")
        boards.end()
        refused(folder, "node", "0x20", "reset", "--timeout", "1", says="no answer in time")
        check("0x0020" in done(folder, "nodes"), "a node that does not answer stays one")
        check("still holds the network's keys" in done(folder, "node", "0x20", "remove"), "until it is removed")
        check("0x0020" not in done(folder, "nodes"), "which needs no answer")
        check("device" in done(folder, "keys") and "0x0020" not in done(folder, "keys"), "its device key goes too")


def keys_are_secrets(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
    masked, shown = done(folder, "keys"), done(folder, "keys", "--reveal")
    values = [word for word in shown.split() if len(word) == 32]
    check(len(values) == 4 and len(set(values)) == 4, "two device keys, a network key, an application key")
    check(not any(value in masked for value in values), "are shown when asked for alone")
    check("key" not in json.loads(done(folder, "keys", "--json"))["keys"][0], "programs too have to ask")
    done(folder, "keys", "add", "app", "--name", "lights", "--key", "00112233445566778899aabbccddeeff")
    shown = done(folder, "keys", "--reveal")
    check("00112233445566778899aabbccddeeff" in shown and "lights" in shown, "a key is added, with the next index")
    refused(folder, "keys", "add", "app", "1", says="is there already", status=2)
    refused(folder, "keys", "add", "app", "4096", says="0 to 4095", status=2)
    refused(folder, "keys", "add", "app", "--key", "00", says="16 octets", status=2)
    refused(folder, "keys", "add", "app", "--net", "3", says="no such key", status=2)
    refused(folder, "keys", "remove", "app", "0", says="is on lamp")
    done(folder, "keys", "remove", "app", "1")
    refused(folder, "keys", "remove", "app", "1", says="there is no application key 1", status=2)


def a_subnet_comes_and_goes(folder):
    with Boards(folder, "one") as boards:
        take_in(folder, "lamp")
        check("network key 1 is there" in done(folder, "keys", "add", "net", "--name", "floor"), "a network key more")
        done(folder, "keys", "add", "app", "--net", "1")
        for words, says in ((["net-key", "add", "1"], "net-key: 1\n"), (["app-key", "add", "1"], "app-key: 1 (of network key 1)\n"),
                            (["bind", "onoff-server", "1"], "app_key_index=1 ")):
            check(says in done(folder, "config", "lamp", *words), f"config lamp {' '.join(words)}")
        done(folder, "send", "lamp", "onoff-set", "state=on", "--app-key", "1")
        boards.printed("lamp True")
        check("net 0,1  app 0,1" in done(folder, "nodes"), "which nodes have it is known")
        refused(folder, "keys", "remove", "net", "1", says="application key 1 belongs to network key 1")
        before = done(folder, "keys", "--reveal").splitlines()
        check("the subnet has new keys" in done(folder, "key-refresh", "--net", "1"), "a subnet gets new keys")
        changed = [old.split()[:2] for old, new in zip(before, done(folder, "keys", "--reveal").splitlines()) if old != new]
        check(changed == [["net", "1"], ["app", "1"]], f"which are its own alone ({changed})")
        done(folder, "send", "lamp", "onoff-set", "state=off", "--app-key", "1")
        boards.printed("lamp False")
        refused(folder, "key-refresh", "--net", "7", says="no network key 7", status=2)
        done(folder, "config", "lamp", "app-key", "delete", "1")
        done(folder, "keys", "remove", "app", "1")
        refused(folder, "keys", "remove", "net", "1", says="network key 1 is on lamp")
        done(folder, "config", "lamp", "net-key", "delete", "1")
        done(folder, "keys", "remove", "net", "1")
        done(folder, "send", "lamp", "onoff-get")
    check("floor" not in done(folder, "keys"), "it is gone")
    refused(folder, "keys", "remove", "net", "0", says="network's own")
    refused(folder, "keys", "add", "net", "0", says="is there already", status=2)
    refused(folder, "keys", "add", "net", "--net", "0", says="--net is for keys add app", status=2)
    for index in range(5, 12):
        done(folder, "keys", "add", "net", str(index))
    refused(folder, "keys", "add", "net", says="more are not kept")
    made = json.loads(blemesh(folder, "export")[1])["netKeys"]
    check(len(made) == 8 and all(key["name"] and key["timestamp"] and key["phase"] == 0 for key in made), "an export has them all")


def the_network_gets_new_keys(folder):
    with Boards(folder, "one"), Boards(folder, "two") as lost:
        take_in(folder, "first", "second")
        before = done(folder, "keys", "--reveal")
        done(folder, "key-refresh")
        after = done(folder, "keys", "--reveal")
        changed = [old.split()[0] for old, new in zip(before.splitlines(), after.splitlines()) if old != new]
        check(changed == ["net", "app"], f"the network key and the application key are others ({changed})")
        done(folder, "node", "first", "configure")
        done(folder, "node", "second", "configure")
        check(True, "both nodes have them")
        lost.end()
        status, _, err = blemesh(folder, "key-refresh", "--timeout", "1")
        check(status == 1 and "1 of 3 nodes did not do it: " in err, f"a node that does not answer is told ({err})")
        name = err.split("did not do it: ")[1].split()[0]
        check("of the key refresh under way" in done(folder, "keys"), "two values of each key are held meanwhile")
        refused(folder, "key-refresh", "--skip", "provisioner", says="this computer", status=2)
        check("new keys" in done(folder, "key-refresh", "--skip", name), "it goes on without the one that is lost")
        check("shut out" in done(folder, "nodes"), "which is told")
        check("none of the network's present keys" in done(folder, "node", name, "remove"), "and can be forgotten as that")
        done(folder, "node", "first" if name == "second" else "second", "configure")


def network_file(folder):
    return sqlite3.connect(folder.path / "state" / "blemesh" / "default.db")


def who_may_be_a_node_is_confirmed_by_an_answer(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
        # As an end leaves it while the device is asked whether it took the keys.
        database = network_file(folder)
        database.execute("UPDATE record SET kind=149 WHERE kind=145 AND idx=2")
        database.commit()
        database.close()
        row = next(line for line in done(folder, "nodes").splitlines() if "lamp" in line)
        check("unconfirmed" in row, f"it is not said to be a node for sure ({row})")
        check("blemesh node 0x0002 configure" in done(folder, "node", "lamp"), "what makes sure is told")
        check(json.loads(done(folder, "node", "lamp", "--json"))["blemesh"]["unconfirmed"] is True, "programs are told too")
        done(folder, "config", "lamp", "ttl")
        check("unconfirmed" not in done(folder, "nodes") + done(folder, "node", "lamp", "--json"), "its answer makes sure")


def set_back_the_clock(folder, days):
    """What the network's file says of when its IV index changed is so much longer ago."""
    database = network_file(folder)
    about = json.loads(database.execute("SELECT value FROM record WHERE kind=144").fetchone()[0])
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    about["blemesh"]["ivSince"] = past.strftime("%Y-%m-%dT%H:%M:%SZ")
    database.execute("UPDATE record SET value=? WHERE kind=144", (json.dumps(about).encode(),))
    database.commit()
    database.close()


def the_iv_index_goes_on(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
        check(done(folder, "iv").startswith("IV index 0 (0x00000000), normal operation"), "it begins with 0")
        refused(folder, "iv", "update", says="96 hours")
        set_back_the_clock(folder, days=5)
        check("an update is in progress" in done(folder, "iv", "update", "--timeout", "1"), "it is permitted")
        refused(folder, "iv", "end", says="lasts 96 hours")
        set_back_the_clock(folder, days=5)
        done(folder, "iv", "end", "--timeout", "1")
        refused(folder, "iv", "end", says="no update is in progress")
        check("IV index 2 (0x00000002), an update is in progress" in done(folder, "iv", "test", "--timeout", "1"),
              "in test mode it starts at once")
        check(json.loads(done(folder, "iv", "--json"))["iv_update"] is True, "for programs")
        check("IV index 2 (0x00000002), normal" in done(folder, "iv", "test", "--timeout", "1"), "and ends")


main(a_scan_shows_who_is_there, a_device_becomes_a_node, names_are_given_and_looked_after, a_node_leaves,
     who_may_be_a_node_is_confirmed_by_an_answer,
     keys_are_secrets, a_subnet_comes_and_goes, the_network_gets_new_keys, the_iv_index_goes_on)
