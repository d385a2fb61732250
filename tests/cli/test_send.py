"""`blemesh send`: messages by their names to lamps in other processes, answers in words."""

import json
import subprocess
import time

from command import PROGRAM, check, main

LAMP = "dddd0000000000000000000000000001"
FAN = "dddd0000000000000000000000000002"


class Home:
    """A network, and nodes without scripts that live as long as the test."""

    def __init__(self, folder):
        self.folder = folder
        self.nodes = []
        self.environment = folder.environment(XDG_STATE_HOME=str(folder.path / "state"), BLEMESH_AIR="words")
        (folder.path / "state").mkdir(mode=0o700)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.kill()
            node.wait()

    def node(self, *words):
        self.nodes.append(subprocess.Popen([PROGRAM, "node", *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                           env=self.environment, cwd=self.folder.path))

    def call(self, *words, text=None, timeout=60):
        done = subprocess.run([PROGRAM, *words], input=text, capture_output=True, text=True, timeout=timeout,
                              env=self.environment, cwd=self.folder.path)
        return done.returncode, done.stdout, done.stderr

    def good(self, *words, **more):
        status, out, err = self.call(*words, **more)
        check(status == 0, f"{' '.join(words)} succeeds ({status}: {err.strip()})")
        return out

    def two_lamps(self):
        self.node("--model", "onoff-server,level-server", "--model", "sensor-server", "--value", "temperature=21.5",
                  "--uuid", LAMP, "--relay", "--adv")
        self.good("provision", LAMP, "--name", "lamp")
        self.node("--model", "onoff-server", "--uuid", FAN, "--adv")
        self.good("provision", FAN, "--name", "fan")


def messages_have_answers(folder):
    with Home(folder) as home:
        home.two_lamps()
        home.good("send", "lamp", "onoff-set", "off")
        out = home.good("send", "lamp", "onoff-set", "state=on", "transition=60s")
        check("0x0002 lamp: Generic OnOff Status: present_onoff=on target_onoff=on remaining_time=" in out, out)
        home.good("send", "lamp", "onoff-set", "on")
        answer = json.loads(home.good("send", "lamp", "onoff-get", "--json"))["answers"][0]
        check(answer["source"] == "0x0002" and answer["name"] == "lamp", "JSON says who answered")
        check(answer["fields"]["present_onoff"] is True, "and the state")
        out = home.good("send", "lamp/1", "sensor-get")
        check("present-ambient-temperature=21.5 °C" in out, f"a sensor in its unit: {out}")
        check(home.good("send", "lamp", "level-set-unack", "level=0x4000") == "", "unacknowledged: no answer")
        end = time.monotonic() + 20
        while "present_level=16384" not in (out := home.good("send", "lamp", "level-get")) and time.monotonic() < end:
            pass
        check("present_level=16384" in out, f"it was heard: {out}")
        out = home.good("send", "all-nodes", "onoff-get")
        check("lamp:" in out and "fan:" in out, "of a group all answers are shown")
        out = home.good("send", "lamp", "0x8201", "--answer", "0x8204")
        check("Generic OnOff Status" in out, "a message by its number")
        out = home.good("send", "lamp", "0xC102E5", "0102", "--vendor", "--timeout", "0.3")
        check("nothing came back" in out, "a vendor's message that nobody knows")
        check("relay=on" in home.good("send", "lamp", "config-relay-get"), "a Configuration message")


def refusals_and_silence_are_failures(folder):
    with Home(folder) as home:
        home.two_lamps()
        status, out, err = home.call("send", "lamp", "config-model-app-bind", "lamp", "5", "onoff-server")
        check(status == 1 and "invalid-appkey-index" in out, "a refusal is told, in words")
        status, out, err = home.call("send", "0x0070", "onoff-get", "--timeout", "0.5")
        check(status == 1 and "no Generic OnOff Status from 0x0070 within 0.5 s" in err, err)
        status, out, err = home.call("send", "0x0070", "onoff-get", "--timeout", "0.5", "--json")
        check(status == 1 and json.loads(out)["answers"] == [], "JSON is whole then too")
        status, out, err = home.call("send", "lamp", "onoff-get", "--app-key", "7")
        check(status == 1 and "no application key 7" in err, err)


def mistakes_are_told_in_a_line(folder):
    with Home(folder) as home:
        status, out, err = home.call("send", "lamp", "onoff-get")
        check(status == 1 and "blemesh provision" in err, "without a network")
        home.node("--model", "onoff-server", "--uuid", LAMP, "--adv")
        home.good("provision", LAMP, "--name", "lamp")
        for words, wanted in (
            (["lamp", "onof-get"], "did you mean onoff-get"),
            (["lump", "onoff-get"], "lump"),
            (["lamp", "onoff-set"], "onoff-set needs onoff=: off or on"),
            (["lamp", "onoff-set", "onoff=blue"], "onoff: expected off or on, not blue"),
            (["lamp", "onoff-set", "on", "transition=1y"], "transition_time: expected a time"),
            (["lamp", "onoff-set", "on", "x=1"], "x is no field of onoff-set"),
            (["lamp"], "which message?"),
            ([], "to whom"),
            (["lamp", "onoff-get", "--ttl", "1"], "--ttl 1"),
            (["all-nodes", "config-relay-get"], "device key"),
            (["lamp", "0xC102E5", "012"], "hexadecimal"),
            (["0x8123", "onoff-get"], "Label UUID"),
        ):
            status, out, err = home.call("send", *words)
            check(status == 2 and wanted in err and err.count("\n") == 1, f"{words}: {err.strip()}")
        out = home.good("send", "--list", "onoff")
        check("onoff-set onoff [tid] [transition_time delay]" in out, "the list shows fields")
        check(home.call("send", "--list", "nosuchthing")[0] == 1, "and nothing else")


if __name__ == "__main__":
    main(messages_have_answers, refusals_and_silence_are_failures, mistakes_are_told_in_a_line)
