"""`blemesh node --model …`: nodes without a script, provisioned and configured by a provisioner on the same air that
does what it is told (tests/interop/provisioner.c).

usage: test_node.py BLEMESH PROVISIONER
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time

from command import PROGRAM, check, main

PROVISIONER = os.path.abspath(sys.argv[2])
AIR = "nodes"
APP_KEY = "63964771734fbd76e3b40519d1d94a48"
GROUP = "01c0"  # 0xc001, as in a message


class Process:
    """Lines in and out."""

    def __init__(self, folder, *command, **variables):
        self.lines = []
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, cwd=folder.path, env=folder.environment(**variables))
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self.process.kill)  # nothing outlasts a test that failed

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def say(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def wait(self, found, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in list(self.lines):
                result = found(line)
                if result:
                    return result
            time.sleep(0.02)
        print("\n".join(self.lines[-30:]))
        check(False, what)

    def begins(self, beginning, what):
        return self.wait(lambda line: line.startswith(beginning) and line, what)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(10)
        self.process.stdin.close()
        return status


class Node(Process):
    def __init__(self, folder, *words, **variables):
        super().__init__(folder, PROGRAM, "node", "--radio", f"air:{AIR}", "--json", *words, **variables)

    def event(self, name, what=None, **wanted):
        def found(line):
            event = json.loads(line)
            return event["event"] == name and all(event.get(key) == value for key, value in wanted.items()) and event
        return self.wait(found, what or f"the event {name} {wanted}")


class Network(Process):
    def __init__(self, folder):
        super().__init__(folder, PROVISIONER, AIR)

    def take(self, node, address, oob=""):
        """Provisions it."""
        uuid = node.event("waiting")["uuid"]
        self.begins(f"seen {uuid}", "its beacon is heard")
        self.say("provision", uuid, f"{address:04x}", oob)
        return uuid

    def done(self, node, address):
        """Both say that it is provisioned."""
        node.event("provisioned", address=f"0x{address:04x}")
        self.begins(f"complete {address:04x}", "the provisioner is done")

    def ask(self, address, opcode, parameters):
        """A Configuration message; the parameters of its answer."""
        self.lines.clear()
        self.say("config", f"{address:04x}", opcode, parameters)
        line = self.wait(lambda line: line.startswith("config ") and line, f"{opcode} is answered")
        return (line.split(" ") + [""])[2]

    def asks_lamp(self, address, on):
        """Whether it is on; asked again, as the air may lose a message when the machine is busy."""
        answer = f"onoff {address:04x} {int(on)}"
        for _ in range(5):
            self.say("get", f"{address:04x}")
            end = time.monotonic() + 3
            while time.monotonic() < end and answer not in self.lines:
                time.sleep(0.02)
            if answer in self.lines:
                return
        print("\n".join(self.lines[-30:]))
        check(False, f"it says {answer}")

    def bind(self, address, model):
        """Gives it the application key and binds the model of its first element."""
        self.ask(address, "0000", "000000" + APP_KEY)
        status = self.ask(address, "803d", little(address) + "0000" + model)
        check(status.startswith("00"), f"{model} of {address:04x} is bound")


def little(address):
    return address.to_bytes(2, "little").hex()


def a_switch_and_a_lamp(folder):
    network = Network(folder)
    lamp = Node(folder, "--model", "onoff-server,level-server", "--name", "Lamp", "--relay")
    network.take(lamp, 0x0010)
    network.done(lamp, 0x0010)
    switch = Node(folder, "--model", "onoff-client", "--model", "level-client")
    network.take(switch, 0x0020)
    network.done(switch, 0x0020)
    switch.say("on")
    check("publish address" in switch.event("warning")["text"], "an unconfigured switch says what it lacks")
    network.bind(0x0010, "0010")
    network.ask(0x0010, "803d", little(0x10) + "0000" + "0210")
    network.ask(0x0010, "801b", little(0x10) + GROUP + "0010")
    network.ask(0x0010, "801b", little(0x10) + GROUP + "0210")
    network.bind(0x0020, "0110")
    network.ask(0x0020, "803d", little(0x21) + "0000" + "0310")
    network.ask(0x0020, "03", little(0x20) + GROUP + "0000" "05" "00" "00" "0110")
    network.ask(0x0020, "03", little(0x21) + GROUP + "0000" "05" "00" "00" "0310")
    switch.say("on")
    lamp.event("state", state="onoff", value=True, source="0x0020")
    switch.say("")
    lamp.event("state", "Enter alone switches to the other of the two", state="onoff", value=False, source="0x0020")
    switch.say("2: 1200")
    lamp.event("state", state="level", value=1200, source="0x0021")
    switch.say("+300")
    lamp.event("state", state="level", value=1500, source="0x0021")
    switch.say("get")
    switch.event("status", "and asks how it stands", state="level", value=1500, source="0x0010")
    lamp.say("off")
    network.say("appkey", APP_KEY)
    network.lines.clear()
    network.asks_lamp(0x0010, False)
    check(network.ask(0x0010, "8049", "") == "", "a reset is answered")
    lamp.event("reset")
    check(len([line for line in lamp.lines if '"waiting"' in line]) >= 1, "and it waits to be provisioned again")
    for process in (switch, lamp):
        check(process.end() == 0, "SIGTERM is a good end")
    network.end()


def the_same_node_again(folder):
    network = Network(folder)
    options = ["--model", "onoff-server", "--model", "sensor-server", "--value", "temperature=21.5", "--value",
               "people=3", "--state", folder.path / "state"]
    node = Node(folder, *options)
    uuid = network.take(node, 0x0030)
    network.done(node, 0x0030)
    network.bind(0x0030, "0010")
    node.say("on")
    node.event("state", state="onoff", value=True)
    node.say("people=4")
    node.event("state", state="People Count", value=4)
    check(oct((folder.path / "state").stat().st_mode & 0o777) == "0o700", "its state is nobody else's business")
    refused = subprocess.run([PROGRAM, "node", "--radio", f"air:{AIR}", *map(str, options)], text=True,
                             env=folder.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    check(refused.returncode == 1 and "in use" in refused.stderr, "two processes are not one node")
    node.process.kill()
    node.process.wait()
    again = Node(folder, *options)
    again.event("restored", "killed, it is the same node again", address="0x0030")
    again.say("status")
    again.event("state", "and its lamp is on", state="onoff", value=True)
    network.say("appkey", APP_KEY)
    network.asks_lamp(0x0030, True)
    again.say("reset")
    check(again.event("waiting")["uuid"] == uuid, "after a reset it is the same device")
    again.say("quit")
    check(again.process.wait(10) == 0, "quit ends it")
    network.end()


def authentication(folder):
    network = Network(folder)
    output = Node(folder, "--model", "onoff-server", "--oob", "output:4", "--oob", "only")
    uuid = network.take(output, 0x0040)
    network.begins("enter action 3 size 4", "a number of four digits is asked for")
    number = output.event("oob")["number"]
    check(0 < number < 10000, f"the device shows {number}")
    network.say("oob", uuid, str(number))
    network.done(output, 0x0040)
    typed = Node(folder, "--model", "onoff-server", "--oob", "input-text:5", "--adv")
    network.take(typed, 0x0041)
    letters = network.begins("show ", "letters to be typed at the device are shown").split(" ")[1]
    typed.event("oob_wanted", text=True, size=5)
    typed.say(letters)
    network.done(typed, 0x0041)
    secret = Node(folder, "--model", "onoff-server", "--oob", "static:" + APP_KEY, "--uuid", "ab" * 16)
    check(network.take(secret, 0x0042, APP_KEY) == "ab" * 16, "its UUID is the one given")
    network.done(secret, 0x0042)
    network.begins("chosen method 1 ", "by Static OOB")
    check("authenticated" not in str(secret.lines) and APP_KEY not in str(secret.lines), "no secret is shown")
    for node in (output, typed, secret, network):
        node.end()


def a_low_power_node_and_its_friend(folder):
    network = Network(folder)
    friend = Node(folder, "--model", "onoff-client", "--friend")
    network.take(friend, 0x0050)
    network.done(friend, 0x0050)
    sleeper = Node(folder, "--model", "onoff-server", "--low-power")
    network.take(sleeper, 0x0051)
    network.done(sleeper, 0x0051)
    sleeper.event("friend_found", address="0x0050")
    friend.event("low_power_joined", address="0x0051")
    network.bind(0x0051, "0010")
    network.say("appkey", APP_KEY)
    network.say("set", "0051", "1")
    sleeper.event("state", "what is sent to it reaches it through its friend", state="onoff", value=True)
    check(True, "a low power node lives on its friend")
    for process in (sleeper, friend, network):
        process.end()


def wrong_words(folder):
    for words, said in (("--model lamp", "no such model"),
                        ("--model sensor-server", "--value temperature=21.5"),
                        ("--model onoff-server --value people=1", "no sensor-server"),
                        ("--model sensor-server --value warmth=1", "no device property is called"),
                        ("--model sensor-server --value present=1", "may be"),
                        ("--model sensor-server --value people=x", "no number"),
                        ("--model sensor-server --value temperature=400", "-273.15 to 327.67"),
                        ("--model onoff-server,onoff-server", "once"),
                        ("--model onoff-server --uuid 12", "32 hexadecimal digits"),
                        ("--model onoff-server --oob output:9", "1 to 8"),
                        ("--model onoff-server --oob static:00", "16 or 32"),
                        ("--model onoff-server --oob only", "no other --oob"),
                        ("--model onoff-server --friend --low-power", "do not go together"),
                        ("--model onoff-server --radio com1", "--radio com1"),
                        ("--model onoff-server --wobble", "unknown option --wobble"),
                        ("--model onoff-server here", "no such argument"),
                        ("--model onoff-server --json=1", "takes no value"),
                        ("--model onoff-server --name " + "x" * 30, "at most 29"),
                        ("--model onoff-server --for soon", "duration")):
        run = subprocess.run([PROGRAM, "node", *words.split(" ")], text=True, env=folder.environment(),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        check(run.returncode == 2 and said in run.stderr and run.stderr.count("\n") == 1 and
              run.stderr.startswith("blemesh node: ") and not run.stdout, f"{words}: {run.stderr.strip()}")
    for words in ("--model onof-server", "--model onoff-server --radio tcp:127.0.0.1:1"):
        run = subprocess.run([PROGRAM, "node", "--json", *words.split(" ")], text=True, env=folder.environment(),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        check(json.loads(run.stdout) == {"error": run.stderr.removeprefix("blemesh node: ").rstrip("\n")},
              f"--json says it, too: {run.stdout}")
    with open("/dev/full", "w") as full:
        run = subprocess.run([PROGRAM, "node", "--model", "onoff-server", "--for", "20s"], text=True, stdout=full,
                             env=folder.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=15)
    check(run.returncode == 1 and "standard output: No space left" in run.stderr, f"a full disk is told: {run.stderr}")
    shown = subprocess.run([PROGRAM, "node", "--model", "help"], text=True, stdout=subprocess.PIPE, timeout=20)
    check(shown.returncode == 0 and "onoff-server" in shown.stdout, "help is shown")


main(a_switch_and_a_lamp, the_same_node_again, authentication, a_low_power_node_and_its_friend, wrong_words)
