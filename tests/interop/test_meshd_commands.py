"""The commands of a network, with bluetooth-meshd as its node: `blemesh provision`, `node`, `config`, `send`, `keys`,
`key-refresh` and `iv`, as a user calls them, over meshd's unit io.

usage: test_meshd_commands.py no_oob|static_oob BLEMESH SHIM
"""

import json
import subprocess
import sys
import threading
import time
import uuid

from peers import Sandbox, check, need_program, skip

AIR = "interop"
ADDRESS = 0x0002
SECRET = bytes(range(0x10, 0x20))


class Commands:
    """blemesh COMMAND on the test's network."""

    def __init__(self, sandbox, meshd, program):
        self.sandbox, self.meshd, self.program = sandbox, meshd, program
        self.environment = dict(sandbox.environment, XDG_STATE_HOME=str(sandbox.folder / "state"))
        (sandbox.folder / "state").mkdir(mode=0o700)

    def __call__(self, *words, status=0, answers="", seconds=90):
        """Standard output, once it is over; meshd's bus is served meanwhile."""
        begin = time.monotonic()
        process = subprocess.Popen([self.program, words[0], "--radio", f"air:{AIR}", *words[1:]], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=self.environment)
        self.sandbox.processes.append(process)
        said = []
        reader = threading.Thread(target=lambda: said.append(process.communicate(answers)[0]), daemon=True)
        reader.start()
        self.meshd.wait(lambda: not reader.is_alive(), seconds, f"blemesh {' '.join(words)} ends")
        took = time.monotonic() - begin
        check(process.returncode == status, f"blemesh {' '.join(words)}: {process.returncode} after {took:.1f} s"
              + ("" if process.returncode == status else "\n" + said[0]))
        return said[0]


def keys_of(commands):
    """(kind, index or address): key."""
    keys = json.loads(commands("keys", "--reveal", "--json"))["keys"]
    return {(key["kind"], key.get("index", key.get("address"))): key["key"] for key in keys}


def switch(commands, meshd):
    """The lamp that meshd's application is: whoever asks is told, with a later answer for what is to come."""
    state = [False]

    def serve(source, message):
        if message[:2] in (b"\x82\x02", b"\x82\x03"):
            state[0] = bool(message[2])
        if message[:2] != b"\x82\x03":
            meshd.answer(source, b"\x82\x04" + bytes([state[0]]))

    meshd.element.on_message = serve
    said = commands("send", "daemon", "onoff-set", "on")
    check(state[0] and "present_onoff=on" in said, f"blemesh send switches meshd's lamp, which answers: {said.strip()}")
    commands("send", "daemon", "onoff-set-unack", "off")
    check(not state[0], "and without an answer")
    said = commands("send", "daemon", "onoff-get")
    check("present_onoff=off" in said, f"it says what it is asked: {said.strip()}")


def configure(commands):
    """What meshd's Configuration Server is told in words, and says when asked."""
    for words, expected in ((("ttl", "5"), "ttl: 5"), (("beacon", "on"), "beacon: on"), (("relay",), "relay=off"), (("friend",), "friend: off"),
                            (("proxy",), "not-supported"), (("network-transmit",), "x100ms"),
                            (("publish", "onoff-server", "0xc001", "period=10s"), "publish_period=10s"),
                            (("publish", "onoff-server"), "0xc001"),
                            (("subscribe", "onoff-server", "0xc002"), "0xc002"),
                            (("subscribe", "onoff-server"), "0xc002"),
                            (("unsubscribe", "onoff-server", "all"), "address=none"),
                            (("publish", "onoff-server", "off"), "publish_address=none"),
                            (("net-key", "list"), "net-key: 0"), (("app-key", "list"), "app_key_indexes=0"), (("heartbeat",), "destination=none"),
                            (("composition",), "0x05f1")):
        said = commands("config", "daemon", *words)
        check(expected in said.lower(), f"config {' '.join(words)}: {' '.join(said.split())[:160]}")


def use(commands, meshd, sandbox):
    said = commands("node", "daemon", "configure")
    check("1 model bound to application key 0" in said, "its composition is read, a key given, its server bound")
    node = json.loads(commands("node", "daemon", "--json"))
    models = {model["modelId"]: model["bind"] for model in node["elements"][0]["models"]}
    check(node["cid"] == "05F1" and models == {"0000": [], "1000": [0]}, f"what is known of it: {models}")
    configure(commands)
    switch(commands, meshd)

    before = keys_of(commands)
    said = commands("key-refresh")
    check("the network has new keys" in said, "meshd takes part in a key refresh")
    after = keys_of(commands)
    for kind, index in (("net", 0), ("app", 0)):
        check(before[kind, index] != after[kind, index], f"the {kind} key is another one")
    check(before["device", ADDRESS] == after["device", ADDRESS], "its device key is not")
    check("bound to application key 0" in commands("node", "daemon", "configure"), "it answers under the new keys")

    log = sandbox.folder / "meshd.log"
    check("an update is in progress" in commands("iv", "test"), "an IV update is begun")
    check("IVI: 00000001, IVU: 1" in log.read_text(errors="replace"), "meshd hears of it by beacons and follows")
    # Its end meshd would not take from us before 96 hours are over, as is right.
    check("bound to application key 0" in commands("node", "daemon", "configure"), "and both go on speaking")


def leave(commands, meshd, stored):
    # Over its unit io meshd is gone before its status would be sent: what it does is the answer.
    commands("node", "daemon", "reset", "--timeout", "3", status=1)
    meshd.wait(lambda: not stored.exists(), 20, "meshd forgets the network")
    check(not stored.exists(), "a reset makes meshd forget the network")
    commands("node", "daemon", "remove")
    check("daemon" not in commands("nodes"), "and we forget meshd")


def main():
    method, program, shim = sys.argv[1:]
    need_program("dbus-daemon")
    try:
        import meshd as peer
    except ImportError as error:
        skip(f"{error} (./check installs python3-dbus and python3-gi)")
    need_program(peer.DAEMON)
    from air_bridge import AirBridge
    device = uuid.uuid4().bytes
    with Sandbox() as sandbox:
        bridge = AirBridge(sandbox, AIR)
        bridge.start()
        static = method == "static_oob"
        meshd = peer.Meshd(sandbox, bridge, shim, ["static-oob"] if static else [], peer.DEVICE_MODELS, secret=SECRET)
        commands = Commands(sandbox, meshd, program)
        meshd.join(device)
        check(device.hex() in commands("scan", "--timeout", "6"), "blemesh scan shows meshd")
        said = commands("provision", device.hex()[:8], "--no-config", "--name", "daemon", "--oob",
                        f"static:{SECRET.hex()}" if static else "none", *(["--require-auth"] if static else []))
        check("a node with 1 element" in said, "blemesh provision takes meshd in")
        meshd.attach(30)
        if static:
            check(meshd.agent.prompted == "static-oob", "meshd was asked for its secret")
        else:
            use(commands, meshd, sandbox)
            leave(commands, meshd, sandbox.folder / "store" / device.hex())
    print("all as it should be")


if __name__ == "__main__":
    main()
