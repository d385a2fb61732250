"""Our provisioner takes a device that nobody here wrote into its mesh: bluetooth-meshd, unprovisioned, is provisioned,
says what it is made of, takes an application key, is bound, answers Generic OnOff, and is reset. Without OOB it is also
asked for and given every state that its Configuration Server has.

Output and Input OOB are left out: as a device meshd 5.66 refuses every Start with them, because it looks for the action
in its capabilities with their octets swapped ("mesh: provisionee: Check prov start parameters").

usage: test_meshd_device.py no_oob|static_oob|public_key PROVISIONER SHIM
"""

import subprocess
import sys
import threading
import uuid

from peers import Sandbox, check, need_program, skip

AIR = "interop"
ADDRESS = 0x0123
SECRET = bytes(range(0x10, 0x20))
# A pair of the sample data of MshPRT 8.7.
PRIVATE_KEY = bytes.fromhex("529aa0670d72cd6497502ed473502b037e8803b5c60829a5a3caa219505530ba")
PUBLIC_KEY = bytes.fromhex("f465e43ff23d3f1b9dc7dfc04da8758184dbc966204796eccf0d6cf5e16500cc"
                           "0201d048bcbbd899eeefc424164e33c201c2b010ca6b4d43a8a155cad8ecb279")
APP_KEY = bytes.fromhex("63964771734fbd76e3b40519d1d94a48")

# By method: what the device can do, what the provisioner is told, and what it then chooses.
METHODS = {
    "no_oob": ([], b"", "method 0 algorithm 0 action 0 size 0 public key 0"),
    "static_oob": (["static-oob"], SECRET, "method 1 algorithm 0 action 0 size 0 public key 0"),
    "public_key": (["public-oob"], PUBLIC_KEY, "method 0 algorithm 0 action 0 size 0 public key 1"),
}


class Provisioner:
    """provisioner.c: a command a line, and the lines it said so far."""

    def __init__(self, sandbox, program):
        self.lines = []
        self.process = sandbox.start("provisioner", [program, AIR], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def say(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def first(self, *beginnings):
        return next((line for line in list(self.lines) if line.startswith(beginnings)), None)


def provision(meshd, provisioner, device, method):
    _, known, choice = METHODS[method]
    meshd.wait(lambda: provisioner.first(f"seen {device.hex()}"), 30, "meshd's Unprovisioned Device beacon is heard")
    provisioner.say("provision", device.hex(), f"{ADDRESS:04x}", known.hex())
    meshd.wait(lambda: provisioner.first("complete", "failed"), 120, "meshd is provisioned")
    check(provisioner.first("chosen") == "chosen " + choice, f"chosen: {provisioner.first('chosen')}")
    check(provisioner.first("complete") == f"complete {ADDRESS:04x} elements 1",
          f"meshd is provisioned ({provisioner.first('failed') or 'no failure'})")
    check((meshd.agent.prompted == "static-oob") == (method == "static_oob"), "meshd asked for a secret if there is one")
    meshd.attach(30)


def configure(meshd, provisioner, opcode, parameters, answer):
    """Returns the parameters of the answer."""
    provisioner.lines.clear()
    provisioner.say("config", f"{ADDRESS:04x}", opcode, parameters)
    meshd.wait(lambda: provisioner.first("config", "refused"), 90, f"meshd answers {opcode} {parameters}")
    line = provisioner.first("config", "refused")
    check(line.startswith(f"config {answer} "), f"meshd answers {opcode} with {line}")
    return bytes.fromhex(line.split(" ")[2])


def configure_all(meshd, provisioner):
    """The rest of the Configuration messages: what is set is answered, and told when asked for."""
    element, group, server = ADDRESS.to_bytes(2, "little").hex(), "23c1", "0010"
    publication = element + "0100" "0000" "05" "4a" "0b" + server
    for opcode, parameters, answer, expected in (
            ("8001", "0000", "8002", "0000000000"),                          # AppKey Get
            ("8042", "", "8043", "0000"),                                    # NetKey Get
            ("8040", "0100" + APP_KEY.hex(), "8044", "000100"),              # NetKey Add
            ("8042", "", "8043", ("001000", "010000")),                      # both, in any order
            ("8015", "0100", "8017", "00010000"),                            # Key Refresh Phase Get
            ("8041", "0100", "8044", "000100"),                              # NetKey Delete
            ("8009", "", "800b", None), ("800a", "01", "800b", "01"),        # Beacon
            ("800c", "", "800e", None), ("800d", "05", "800e", "05"),        # Default TTL
            ("8012", "", "8014", None), ("800f", "", "8011", None),          # GATT Proxy, Friend
            ("8023", "", "8025", None), ("8026", "", "8028", None),          # Network Transmit, Relay
            ("804b", element + server, "804c", "00" + element + server + "0000"),
            ("803d", element + "0500" + server, "803e", "03" + element + "0500" + server),  # no such AppKey
            ("801b", element + group + server, "801f", "00" + element + group + server),
            ("8029", element + server, "802a", "00" + element + server + group),
            ("801c", element + group + server, "801f", "00" + element + group + server),
            ("03", publication, "8019", "00" + publication),
            ("8018", element + server, "8019", "00" + publication),
            ("8038", "", "0006", None), ("803a", "", "803c", None)):         # Heartbeat
        parameters_back = configure(meshd, provisioner, opcode, parameters, answer)
        if expected is not None:
            allowed = expected if isinstance(expected, tuple) else (expected,)
            check(parameters_back.hex() in allowed, f"{opcode} {parameters} is answered by {expected}")


def use(meshd, provisioner, method):
    composition = configure(meshd, provisioner, "8008", "00", "0002")
    check(composition[1:3] == b"\xf1\x05", "the composition data name the application's company")
    models = composition[15:15 + 2 * composition[13]]
    check({0x0000, 0x1000} <= {int.from_bytes(models[i:i + 2], "little") for i in range(0, len(models), 2)},
          "they list the Configuration Server and the Generic OnOff Server")
    check(configure(meshd, provisioner, "0000", "000000" + APP_KEY.hex(), "8003") == bytes(4),
          "meshd takes the application key (a segmented message)")
    bind = ADDRESS.to_bytes(2, "little").hex() + "0000" "0010"
    check(configure(meshd, provisioner, "803d", bind, "803e") == bytes.fromhex("00" + bind), "its server is bound to it")
    if method == "no_oob":
        configure_all(meshd, provisioner)
    provisioner.say("appkey", APP_KEY.hex())
    state = [False]

    def serve(source, message):
        if message[:2] == b"\x82\x02":
            state[0] = bool(message[2])
        meshd.answer(source, b"\x82\x04" + bytes([state[0]]))

    meshd.element.on_message = serve
    for command, value in (("get", 0), ("set", 1), ("get", 1)):
        ask(meshd, provisioner, command, value)


def ask(meshd, provisioner, command, value):
    """An OnOff message, repeated until it is answered."""
    for _ in range(5):
        provisioner.lines.clear()
        provisioner.say(command, f"{ADDRESS:04x}", str(value))
        try:
            meshd.wait(lambda: provisioner.first("onoff"), 5, f"an answer to {command}")
            break
        except AssertionError:
            continue
    check(provisioner.first("onoff") == f"onoff {ADDRESS:04x} {value}", f"OnOff {command}: meshd's lamp says {value}")


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
        meshd = peer.Meshd(sandbox, bridge, shim, METHODS[method][0], peer.DEVICE_MODELS, secret=SECRET,
                           private_key=PRIVATE_KEY)
        provisioner = Provisioner(sandbox, program)
        try:
            meshd.join(device)
            provision(meshd, provisioner, device, method)
            use(meshd, provisioner, method)
            stored = sandbox.folder / "store" / device.hex()
            check(stored.exists(), "meshd stores that it is a node")
            # Over its unit io meshd is gone before its status would be sent: what it does is the answer.
            provisioner.say("config", f"{ADDRESS:04x}", "8049")
            meshd.wait(lambda: not stored.exists(), 20, "meshd forgets the network")
            check(not stored.exists(), "Config Node Reset makes meshd forget the network")
        except BaseException:
            print("--- what the provisioner said:")
            print("\n".join(provisioner.lines[-40:]))
            raise
    print("all as it should be")


if __name__ == "__main__":
    main()
