"""`blemesh config` and `blemesh groups`: nodes in other processes are configured in words, and the network's file follows."""

import json
import re
import signal
import subprocess

from command import PROGRAM, check, main
from test_send import Home, LAMP

DOOR = "dddd0000000000000000000000000004"


def node_document(home, name):
    return json.loads(home.good("node", name, "--json"))


def states_are_asked_and_set(folder):
    with Home(folder) as home:
        home.two_lamps()
        check(home.good("config", "lamp", "relay", "on", "2x20ms") == "lamp relay: relay=on relay_retransmit=2x20ms\n", "relay is set")
        check("2x20ms" in home.good("config", "lamp", "relay"), "and asked for")
        check("relay=off relay_retransmit=2x20ms" in home.good("config", "lamp", "relay", "off"), "what is not given stays")
        check(home.good("config", "lamp", "beacon", "off") == "lamp beacon: off\n", "one value needs no name")
        check(home.good("config", "lamp", "ttl", "5") == "lamp ttl: 5\n", "the TTL")
        check("3x30ms" in home.good("config", "lamp", "network-transmit", "3x30ms"), "network transmit")
        out = home.good("config", "lamp", "heartbeat", "publish", "provisioner", "count=forever", "period=16s", "features=relay")
        check("count_log=forever" in out and "period_log=5" in out and "features=relay" in out, out)
        home.good("config", "lamp", "heartbeat", "publish", "off")
        check("identity=not-supported" in home.good("config", "lamp", "node-identity"), "with a key index of its own accord")
        check("phase=normal" in home.good("config", "lamp", "key-refresh-phase"), "key refresh phase")
        out = home.good("config", "lamp")
        for word in ("relay:", "beacon: off", "ttl: 5", "net-key: 0", "app_key_indexes=0", "heartbeat publish:"):
            check(word in out, f"all states have {word}")
        states = json.loads(home.good("config", "lamp", "--json"))["nodes"][0]
        check(states["ttl"] == {"ttl": 5} and states["beacon"]["beacon"] is False, "as JSON too")
        document = node_document(home, "lamp")
        check(document["defaultTTL"] == 5 and document["secureNetworkBeacon"] is False, "the network's file knows it")
        check(document["networkTransmit"] == {"count": 4, "interval": 30}, "in the database's own terms")
        check(document["features"]["relay"] == 0, "and which features are off")
        out = home.good("config", "--all", "ttl")
        check("lamp ttl: 5" in out and "fan ttl:" in out, "of all nodes")
        out = home.good("config", "lamp", "composition")
        check("Generic OnOff Server" in out and "Sensor Server" in out, "the composition has names")


def models_are_bound_subscribe_and_publish(folder):
    with Home(folder) as home:
        home.two_lamps()
        out = home.good("config", "0x0002/0", "bind", "onoff-server")
        check("app_key_indexes=0" in out, f"what is bound: {out}")
        home.good("config", "lamp", "unbind", "onoff-server", "0")
        check("app_key_indexes=\n" in home.good("config", "lamp", "bind", "onoff-server"), "nothing any more")
        home.good("config", "lamp", "bind", "onoff-server", "0")
        status, out, err = home.call("config", "lamp", "bind", "onoff-server", "9")
        check(status == 2 and "no application key 9" in err, err)
        check("0xc000" in home.good("groups", "add", "kitchen"), "a group has a name and an address")
        home.good("groups", "add", "hall", "virtual")
        home.good("config", "lamp", "subscribe", "onoff-server", "kitchen")
        home.good("config", "fan", "subscribe", "kitchen")
        home.good("config", "fan", "subscribe", "onoff-server", "hall")
        hall = next(g for g in json.loads(home.good("export"))["groups"] if g["name"] == "hall")["address"]
        onoff = next(m for m in node_document(home, "fan")["elements"][0]["models"] if m["modelId"] == "1000")
        check(re.fullmatch("[0-9A-F]{32}", hall) and hall in onoff["subscribe"], f"a label in the schema's form ({hall}, {onoff})")
        out = home.good("groups")
        check("kitchen" in out and "lamp, fan" in out, f"and subscribers: {out}")
        out = home.good("send", "kitchen", "onoff-set", "on")
        check("lamp:" in out and "fan:" in out, "a message to the group is answered by both")
        out = home.good("send", "hall", "onoff-set", "off")
        check("fan:" in out and "lamp:" not in out, "one to a virtual group by its subscriber")
        out = home.good("config", "--group", "kitchen", "ttl", "6")
        check("lamp ttl: 6" in out and "fan ttl: 6" in out, "configured by their group")
        home.good("config", "fan", "unsubscribe", "onoff-server", "all")
        check("addresses=\n" in home.good("config", "fan", "subscribe", "onoff-server"), "subscriptions are gone")
        out = home.good("config", "lamp", "publish", "onoff-server", "kitchen", "period=10s", "ttl=5", "retransmit=2x50ms")
        for word in ("publish_address=kitchen", "publish_period=10s", "publish_ttl=5", "publish_retransmit=2x50ms"):
            check(word in out, f"{word} in {out}")
        onoff = next(m for m in node_document(home, "lamp")["elements"][0]["models"] if m["modelId"] == "1000")
        check(onoff["publish"]["address"].upper() == "C000" and onoff["publish"]["retransmit"] == {"count": 2, "interval": 50}, "kept")
        check(onoff["publish"]["period"] == {"numberOfSteps": 10, "resolution": 1000} or
              onoff["publish"]["period"]["numberOfSteps"] * onoff["publish"]["period"]["resolution"] == 10000, "the period too")
        home.good("config", "lamp", "publish", "onoff-server", "off")
        onoff = next(m for m in node_document(home, "lamp")["elements"][0]["models"] if m["modelId"] == "1000")
        check("publish" not in onoff and onoff["bind"] == [0] and onoff["subscribe"] == ["C000"], f"and forgotten: {onoff}")


def health_is_asked_and_a_node_is_reset(folder):
    with Home(folder) as home:
        home.two_lamps()
        check("fault_array=" in home.good("config", "lamp", "health"), "faults")
        check(home.good("config", "lamp", "health", "attention", "3s") == "lamp health attention: 3s\n", "attention")
        check(home.good("config", "lamp", "health", "period", "2") == "lamp health period: 2\n", "period")
        check("fault_array=" in home.good("config", "lamp", "health", "fault", "clear"), "cleared")
        home.node("--model", "onoff-server", "--uuid", DOOR, "--proxy", "--adv")
        home.good("provision", DOOR, "--name", "door")
        out = home.good("config", "door", "solicitation-clear", "0x0100")
        check(out == "door solicitation-clear: 0x0200\n", f"one address, under the application key: {out}")
        out = home.good("config", "door", "solicitation-clear", "0x0100", "3")
        check("address_range=0x0201" in out and "range_length=3" in out, f"several: {out}")
        for bad in (("0",), ("0x7fff", "2"), ("0x0100", "0"), ("lamp",), ("0x0100", "2", "3")):
            check(home.call("config", "door", "solicitation-clear", *bad)[0] == 2, f"{bad} is no range of nodes")
        home.good("config", "fan", "reset")
        check(home.call("config", "fan", "ttl")[0] == 2, "a node that was reset is forgotten")
        check("fan" not in home.good("nodes"), "and no longer listed")


def who_is_away_holds_up_nobody(folder):
    with Home(folder) as home:
        home.two_lamps()
        home.nodes[0].kill()
        both = subprocess.run([PROGRAM, "config", "--all", "ttl", "--timeout", "2"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, env=home.environment)
        lines = both.stdout.splitlines()
        check(both.returncode == 1 and len(lines) == 2, f"one answers, one does not: {lines}")
        check(lines[0].startswith("fan ttl: ") and "lamp: ttl: no Config Default TTL Status within 2 s" in lines[1],
              "the first in the list is away: the second is not asked after it")
        status, out, err = home.call("config", "--all", "--timeout", "1")
        check(status == 1 and err.count("\n") == 1, f"of all states it is told once: {err}")
        check("fan relay:" in out and "fan ttl:" in out, f"and the other one's states are there: {out}")
        status, out, err = home.call("config", "--all", "ttl", "--timeout", "1", "--json")
        nodes = json.loads(out)["nodes"]
        check(status == 1 and [node["name"] for node in nodes] == ["lamp", "fan"], f"JSON has the nodes' order: {out}")
        check("error" in nodes[0] and "ttl" in nodes[1] and "error" not in nodes[1], "and whose failure it is")
        status, out, err = home.call("config", "--all", "ttl", "300")
        check(status == 2 and err.count("\n") == 1, f"what is wrong is told once: {err}")
        asking = subprocess.Popen([PROGRAM, "config", "--all", "ttl", "--timeout", "60"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, env=home.environment)
        check("fan ttl: " in asking.stdout.readline(), "an answer is told when it is there")
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=20)
        check(asking.returncode == 1 and err == "blemesh config: interrupted\n", f"Ctrl-C ends all: {err}")


def mistakes_and_refusals_are_told(folder):
    with Home(folder) as home:
        check("subscribe" in home.good("config", "--help"), "help has all settings")
        home.node("--model", "onoff-server", "--uuid", LAMP, "--adv")
        home.good("provision", LAMP, "--name", "lamp")
        for words, wanted in (
            ([], "which node?"),
            (["lamp", "rely"], "did you mean relay"),
            (["lump", "relay"], "lump"),
            (["lamp", "relay", "maybe"], "relay: relay: expected off, on or not-supported"),
            (["lamp", "ttl", "300"], "ttl: it is 0, or 2 to 127"),
            (["lamp", "ttl", "1"], "ttl: it is 0, or 2 to 127"),
            (["lamp", "ttl", "many"], "ttl: expected a number"),
            (["lamp", "bind", "onoff-sever", "0"], "did you mean onoff-server"),
            (["lamp", "bind"], "MODEL [KEY]"),
            (["lamp", "subscribe", "onoff-server", "nowhere"], "blemesh groups add"),
            (["lamp", "publish", "onoff-server", "all-nodes", "colour=red"], "colour=red is none of"),
            (["lamp", "net-key", "steal", "1"], "list, add, update and delete"),
            (["--all", "--group", "x", "relay"], "do not go together"),
            (["groups", "add"], "a name"),
        ):
            status, out, err = home.call("config", *words)
            check(status == 2 and wanted in err and err.count("\n") == 1, f"{words}: {err.strip()}")
        status, out, err = home.call("groups", "add", "lamp")
        check(status == 2, "a node's name is no group's")
        status, out, err = home.call("config", "lamp", "relay", "on")
        check(status == 1 and "not-supported" in out + err, f"a feature that is not there is a failure: {out}{err}")
        home.nodes[0].kill()
        status, out, err = home.call("config", "lamp", "--timeout", "0.5")
        check(status == 1 and err.count("\n") == 1 and "within 0.5 s" in err, f"a node that is away is asked once: {err}")
        status, out, err = home.call("config", "lamp", "ttl", "--timeout", "0.5", "--json")
        check(status == 1 and "error" in json.loads(out)["nodes"][0], "JSON has the error")


if __name__ == "__main__":
    main(states_are_asked_and_set, models_are_bound_subscribe_and_publish, health_is_asked_and_a_node_is_reset,
         who_is_away_holds_up_nobody, mistakes_and_refusals_are_told)
