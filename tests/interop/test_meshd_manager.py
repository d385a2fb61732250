"""bluetooth-meshd manages a node of ours: `blemesh node --model onoff-server,level-server`.

daemon:     provisions it with the number that it shows, configures it, refreshes the keys of both, resets it.
cfgclient:  the same by mesh-cfgclient, bluez's own program for people, which is typed at.

usage: test_meshd_manager.py daemon|cfgclient BLEMESH SHIM
"""

import json
import os
import pty
import re
import subprocess
import sys
import threading
import uuid

from peers import Sandbox, check, need_program, skip

AIR = "interop"
ADDRESS = 0x0100
OWN_ADDRESS = 0x0001


try:
    import dbus
except ImportError as error:
    skip(f"{error} (./check installs python3-dbus)")


class Node:
    """blemesh node --json, and the events it told."""

    def __init__(self, sandbox, program, *words):
        self.events = []
        self.process = sandbox.start("node", [program, "node", "--radio", f"air:{AIR}", "--json", *words],
                                     stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def has(self, event, **fields):
        return next((held for held in list(self.events) if held["event"] == event and
                     all(held.get(key) == value for key, value in fields.items())), None)


def provision(meshd, node):
    meshd.scan()
    meshd.wait(lambda: meshd.app.seen, 30, "meshd hears an Unprovisioned Device beacon")
    device = next(iter(meshd.app.seen))
    check(device.hex() == node.has("waiting")["uuid"], "it is our node's")
    meshd.add_node(device)
    meshd.wait(lambda: meshd.agent.prompted or meshd.app.add_failed, 30, "meshd asks for the number")
    check(meshd.agent.prompted == "out-numeric", f"meshd asks for the number shown ({meshd.app.add_failed})")
    meshd.wait(lambda: node.has("oob"), 20, "the node shows a number")
    meshd.agent.answer(node.has("oob")["number"])
    meshd.wait(lambda: meshd.app.added or meshd.app.add_failed, 60, "meshd provisions the node")
    check(meshd.app.added == (device, ADDRESS, 1), f"meshd has the node ({meshd.app.add_failed or 'no failure'})")
    meshd.wait(lambda: node.has("provisioned", address="0x0100"), 10, "the node says so too")


def give_key(meshd, address, method, *arguments, answer):
    meshd.element.device_messages.clear()
    meshd.call(meshd.node, "Node1", method, dbus.ObjectPath("/app/element"), dbus.UInt16(address), *arguments)
    said = meshd.received(meshd.element.device_messages, address, bytes.fromhex(answer), 20)
    check(said[2] == 0, f"{method} to {address:04x} is answered with success")


def refresh_keys(meshd, node):
    """Key Refresh (MshPRT 3.11.4), step by step, for meshd's own node and ours."""
    index = dbus.UInt16(0)
    meshd.call(meshd.node, "Management1", "UpdateSubnet", index)
    for address in (ADDRESS, OWN_ADDRESS):
        give_key(meshd, address, "AddNetKey", index, index, dbus.Boolean(True), answer="8044")
    meshd.call(meshd.node, "Management1", "UpdateAppKey", index)
    for address in (ADDRESS, OWN_ADDRESS):
        give_key(meshd, address, "AddAppKey", index, index, dbus.Boolean(True), answer="8003")
    for phase in (2, 3):
        step = bytes([phase])
        answer = meshd.configure(ADDRESS, bytes.fromhex("8016" "0000") + step, bytes.fromhex("8017"))
        # Phase 3 is over at once: the node is back in normal operation.
        check(answer == bytes.fromhex("8017" "00" "0000") + bytes([phase % 3]), f"our node is in phase {phase}")
        meshd.configure(OWN_ADDRESS, bytes.fromhex("8016" "0000") + step, bytes.fromhex("8017"))
        meshd.call(meshd.node, "Management1", "SetKeyPhase", index, dbus.Byte(phase))
    check(meshd.request(ADDRESS, bytes.fromhex("8202" "01" "31"), bytes.fromhex("8204")) == bytes.fromhex("820401"),
          "the lamp is switched under the new keys")
    meshd.wait(lambda: node.has("state", state="onoff", value=True, source="0x0001"), 10, "the node says who did it")


def by_daemon(sandbox, peer, bridge, program, shim):
    meshd = peer.Meshd(sandbox, bridge, shim, ["out-numeric"])
    meshd.create_network(uuid.uuid4().bytes)
    node = Node(sandbox, program, "--model", "onoff-server,level-server", "--oob", "output:4", "--oob", "only", "--relay",
                "--proxy", "--friend")
    meshd.wait(lambda: node.has("waiting"), 20, "the node waits")
    provision(meshd, node)
    composition = meshd.configure(ADDRESS, bytes.fromhex("800800"), b"\x02\x00")
    check(composition[10] == 0x07, "it relays, is a proxy and a friend (a segmented message)")
    give_key(meshd, ADDRESS, "AddAppKey", dbus.UInt16(0), dbus.UInt16(0), dbus.Boolean(False), answer="8003")
    for model in ("0010", "0210"):
        bind = ADDRESS.to_bytes(2, "little") + bytes.fromhex("0000" + model)
        check(meshd.configure(ADDRESS, b"\x80\x3d" + bind, b"\x80\x3e") == b"\x80\x3e\x00" + bind, f"{model} is bound")
    answer = meshd.request(ADDRESS, bytes.fromhex("8206" "e803" "01"), bytes.fromhex("8208"))
    check(answer == bytes.fromhex("8208" "e803"), "Generic Level Set is answered with the level")
    refresh_keys(meshd, node)
    check(meshd.configure(ADDRESS, bytes.fromhex("8049"), bytes.fromhex("804a")) == bytes.fromhex("804a"), "a reset is answered")
    meshd.wait(lambda: node.has("reset"), 10, "and the node forgets the network")


class Terminal:
    """mesh-cfgclient on a pseudo terminal."""

    def __init__(self, meshd, environment, folder):
        ours, theirs = pty.openpty()
        self.meshd, self.descriptor, self.said = meshd, ours, ""
        self.process = subprocess.Popen([need_program("mesh-cfgclient"), "--config", str(folder / "cfgclient.json")],
                                        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder)
        os.close(theirs)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                octets = os.read(self.descriptor, 4096)
            except OSError:
                return
            self.said += re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", octets.decode(errors="replace"))

    def say(self, line, pattern, seconds=20, times=1):
        """Types it until it answers so: meshd repeats no messages."""
        for attempt in range(times):
            before = len(self.said)
            os.write(self.descriptor, line.encode() + b"\n")
            try:
                self.meshd.wait(lambda before=before: re.search(pattern, self.said[before:]), seconds, line)
            except AssertionError:
                if attempt + 1 < times:
                    continue
                print(self.said[-3000:])
                raise
            check(True, f"mesh-cfgclient: {line or pattern}")
            return re.search(pattern, self.said[before:])
        return None


def by_cfgclient(sandbox, peer, bridge, program, shim):
    meshd = peer.Meshd(sandbox, bridge, shim)
    environment = dict(sandbox.environment, TERM="dumb", DBUS_SESSION_BUS_ADDRESS=meshd.address,
                       DBUS_SYSTEM_BUS_ADDRESS=meshd.address)
    terminal = Terminal(meshd, environment, sandbox.folder)
    sandbox.processes.append(terminal.process)
    terminal.say("", r"\[mesh-cfgclient\]")
    terminal.say("create", "Attached with path")
    node = Node(sandbox, program, "--model", "onoff-server")
    meshd.wait(lambda: node.has("waiting"), 20, "the node waits")
    device = node.has("waiting")["uuid"]
    terminal.say("discover-unprovisioned on 60", device.upper() + "|" + device, 40)
    terminal.say("appkey-create 0 0", "Created|created|AppKey|mesh-cfgclient")
    terminal.say(f"provision {device}", "Provisioning done", 60)
    address = node.has("provisioned")["address"][2:]
    terminal.say("menu config", "config")
    terminal.say(f"target {address}", "Configuring node|" + address)
    terminal.say("composition-get 0", "Generic OnOff Server", 8, 4)
    terminal.say("appkey-add 0", r"AppKey status|Success", 15, 3)
    terminal.say(f"bind {address} 0 1000", r"Status.*Success|Success", 8, 4)
    terminal.say("ttl-set 5", r"TTL\s+5|TTL.*05", 8, 4)
    terminal.say(f"pub-set {address} c001 0 0 0 1000", r"Success", 8, 4)
    terminal.say(f"sub-add {address} c002 1000", r"Success", 8, 4)
    terminal.say("node-reset", "reset", 10, 3)
    meshd.wait(lambda: node.has("reset"), 15, "the node forgets the network")


def main():
    mode, program, shim = sys.argv[1:]
    need_program("dbus-daemon")
    import meshd as peer
    need_program(peer.DAEMON)
    from air_bridge import AirBridge
    with Sandbox() as sandbox:
        bridge = AirBridge(sandbox, AIR)
        bridge.start()
        {"daemon": by_daemon, "cfgclient": by_cfgclient}[mode](sandbox, peer, bridge, program, shim)
    print("all as it should be")


if __name__ == "__main__":
    main()
