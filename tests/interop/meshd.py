"""bluetooth-meshd as a provisioner or as a device: the stock daemon on a private message bus, its unit io mended by
meshd_shim.c, and an application of ours on the bus that owns the network, or joins one.
"""

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

from peers import wait_until

DAEMON = "/usr/libexec/bluetooth/bluetooth-meshd"
SERVICE = "org.bluez.mesh"
OWN_ADDRESS = 0x0001
FIRST_DEVICE_ADDRESS = 0x0100
APP_PATH, AGENT_PATH, ELEMENT_PATH = (dbus.ObjectPath(p) for p in ("/app", "/app/agent", "/app/element"))
OWN_MODELS = (0x0000, 0x0001, 0x1001)  # Configuration Server and Client, Generic OnOff Client
DEVICE_MODELS = (0x0000, 0x1000)       # Configuration Server, Generic OnOff Server

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def octets(data):
    return dbus.Array([dbus.Byte(octet) for octet in data], signature="y")


def options():
    return dbus.Dictionary({}, signature="sv")


class Agent(dbus.service.Object):
    """The person beside the device. prompted is the action asked for; answer(number) says what was seen. It also
    knows a device's secret and its private key."""

    def __init__(self, bus, capabilities, secret=b"", private_key=b""):
        super().__init__(bus, AGENT_PATH)
        self.properties = {"Capabilities": dbus.Array(capabilities, signature="s")}
        self.secret, self.private_key = secret, private_key
        self.prompted = None
        self._reply = None

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return dbus.Dictionary(self.properties, signature="sv")

    @dbus.service.method("org.bluez.mesh.ProvisionAgent1", in_signature="s", out_signature="u",
                         async_callbacks=("reply", "error"))
    def PromptNumeric(self, action, reply, error):
        self.prompted, self._reply = str(action), reply

    @dbus.service.method("org.bluez.mesh.ProvisionAgent1", in_signature="s", out_signature="ay")
    def PromptStatic(self, kind):
        self.prompted = str(kind)
        return octets(self.secret)

    @dbus.service.method("org.bluez.mesh.ProvisionAgent1", out_signature="ay")
    def PrivateKey(self):
        return octets(self.private_key)

    def answer(self, number):
        self._reply(dbus.UInt32(number))


class Element(dbus.service.Object):
    """Where messages arrive: (source, octets), those under an application key and those under a device key."""

    def __init__(self, bus):
        super().__init__(bus, ELEMENT_PATH)
        self.messages, self.device_messages = [], []
        self.on_message = None

    @dbus.service.method("org.bluez.mesh.Element1", in_signature="qqvay")
    def MessageReceived(self, source, key_index, destination, data):
        self.messages.append((int(source), bytes(data)))
        if self.on_message:
            self.on_message(int(source), bytes(data))

    @dbus.service.method("org.bluez.mesh.Element1", in_signature="qbqay")
    def DevKeyMessageReceived(self, source, remote, net_index, data):
        self.device_messages.append((int(source), bytes(data)))

    @dbus.service.method("org.bluez.mesh.Element1", in_signature="qa{sv}")
    def UpdateModelConfiguration(self, model, configuration):
        pass


class Application(dbus.service.Object):
    def __init__(self, bus, agent, models):
        super().__init__(bus, APP_PATH)
        self.agent, self.models = agent, models
        self.token = None
        self.join_failed = None
        self.seen = {}         # uuid: data of the beacon behind it
        self.added = None      # (uuid, address, elements)
        self.add_failed = None

    @dbus.service.method("org.freedesktop.DBus.ObjectManager", out_signature="a{oa{sa{sv}}}")
    def GetManagedObjects(self):
        models = dbus.Array([(dbus.UInt16(model), options()) for model in self.models], signature="(qa{sv})")
        return {
            APP_PATH: {
                "org.bluez.mesh.Application1": {
                    "CompanyID": dbus.UInt16(0x05F1), "ProductID": dbus.UInt16(1), "VersionID": dbus.UInt16(1),
                    "CRPL": dbus.UInt16(32)},
                "org.bluez.mesh.Provisioner1": {}},
            AGENT_PATH: {"org.bluez.mesh.ProvisionAgent1": self.agent.properties},
            ELEMENT_PATH: {
                "org.bluez.mesh.Element1": {
                    "Index": dbus.Byte(0), "Models": models,
                    "VendorModels": dbus.Array([], signature="(qqa{sv})")}},
        }

    @dbus.service.method("org.bluez.mesh.Application1", in_signature="t")
    def JoinComplete(self, token):
        self.token = token

    @dbus.service.method("org.bluez.mesh.Application1", in_signature="s")
    def JoinFailed(self, reason):
        self.join_failed = str(reason)

    @dbus.service.method("org.bluez.mesh.Provisioner1", in_signature="naya{sv}")
    def ScanResult(self, rssi, data, extra):
        self.seen[bytes(data[:16])] = bytes(data[16:])

    @dbus.service.method("org.bluez.mesh.Provisioner1", in_signature="y", out_signature="qq")
    def RequestProvData(self, elements):
        return dbus.UInt16(0), dbus.UInt16(FIRST_DEVICE_ADDRESS)

    @dbus.service.method("org.bluez.mesh.Provisioner1", in_signature="ayqy")
    def AddNodeComplete(self, uuid, address, elements):
        self.added = (bytes(uuid), int(address), int(elements))

    @dbus.service.method("org.bluez.mesh.Provisioner1", in_signature="ays")
    def AddNodeFailed(self, uuid, reason):
        self.add_failed = str(reason)


class Meshd:
    """The daemon and its network. Every method waits for the daemon's answer, serving the bus meanwhile."""

    def __init__(self, sandbox, bridge, shim, agent_capabilities=(), models=OWN_MODELS, **known):
        """bridge None: on the kernel's hci0, without the shim."""
        self.context = GLib.MainContext.default()
        address = self.address = f"unix:path={sandbox.folder}/bus"
        configuration = sandbox.folder / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(address=address))
        (sandbox.folder / "store").mkdir()
        sandbox.start("dbus-daemon", ["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={configuration}"])
        self.wait((sandbox.folder / "bus").exists, 10, "the message bus starts")
        environment = dict(sandbox.environment, DBUS_SESSION_BUS_ADDRESS=address, DBUS_SYSTEM_BUS_ADDRESS=address)
        io = "auto:hci0"
        if bridge:
            environment.update(LD_PRELOAD=str(shim), MESHD_UNIT_SOCKET=bridge.unit_path, MESHD_UNIT_PEER=bridge.peer_path)
            io = f"unit:{bridge.unit_path}"
        sandbox.start("meshd", [DAEMON, "--nodetach", "--debug", "--io", io, "--storage", sandbox.folder / "store"],
                      environment)
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = dbus.bus.BusConnection(address)
        log = sandbox.folder / "meshd.log"
        # It has its name before it has anything to be called.
        self.wait(lambda: "Added Network Interface" in log.read_text(errors="replace"), 20, "meshd is on the bus")
        self.agent = Agent(self.bus, list(agent_capabilities), **known)
        self.element = Element(self.bus)
        self.app = Application(self.bus, self.agent, models)

    def wait(self, condition, seconds, what):
        def turn():
            GLib.timeout_add(20, lambda: False)
            self.context.iteration(True)
        wait_until(condition, seconds, what, turn)

    def call(self, path, interface, method, *arguments):
        answers = []
        proxy = dbus.Interface(self.bus.get_object(SERVICE, path, introspect=False), f"{SERVICE}.{interface}")
        getattr(proxy, method)(*arguments, reply_handler=lambda *values: answers.append(values),
                               error_handler=answers.append)
        self.wait(lambda: answers, 15, f"meshd answers {method}")
        if isinstance(answers[0], Exception):
            raise AssertionError(f"meshd refuses {method}: {answers[0]}")
        return answers[0]

    def create_network(self, uuid):
        self.call("/org/bluez/mesh", "Network1", "CreateNetwork", APP_PATH, octets(uuid))
        self.attach(10)
        # meshd's own OnOff Client takes part under application key 0.
        self.call(self.node, "Management1", "CreateAppKey", dbus.UInt16(0), dbus.UInt16(0))
        self.call(self.node, "Node1", "AddAppKey", ELEMENT_PATH, dbus.UInt16(OWN_ADDRESS), dbus.UInt16(0),
                  dbus.UInt16(0), dbus.Boolean(False))
        self.wait(lambda: (OWN_ADDRESS, bytes.fromhex("800300000000")) in self.element.device_messages, 10,
                  "meshd takes its own application key")
        self.configure(OWN_ADDRESS, bytes.fromhex("803d" "0100" "0000" "0110"), bytes.fromhex("803e00"))

    def join(self, uuid):
        """Beacons as an unprovisioned device from here on."""
        self.call("/org/bluez/mesh", "Network1", "Join", APP_PATH, octets(uuid))

    def attach(self, seconds):
        """Waits until there is a node and takes its place on the bus."""
        self.wait(lambda: self.app.token or self.app.join_failed, seconds, "meshd becomes a node")
        if self.app.join_failed:
            raise AssertionError(f"meshd could not join: {self.app.join_failed}")
        self.node = self.call("/org/bluez/mesh", "Network1", "Attach", APP_PATH, dbus.UInt64(self.app.token))[0]

    def scan(self):
        self.call(self.node, "Management1", "UnprovisionedScan", options())

    def add_node(self, uuid):
        self.call(self.node, "Management1", "AddNode", octets(uuid), options())

    def add_app_key(self, address):
        self.call(self.node, "Node1", "AddAppKey", ELEMENT_PATH, dbus.UInt16(address), dbus.UInt16(0), dbus.UInt16(0),
                  dbus.Boolean(False))

    def answer(self, address, message):
        """Sends from within a message's arrival: does not wait for the daemon, which waits for us."""
        proxy = dbus.Interface(self.bus.get_object(SERVICE, self.node, introspect=False), f"{SERVICE}.Node1")
        proxy.Send(ELEMENT_PATH, dbus.UInt16(address), dbus.UInt16(0), options(), octets(message),
                   reply_handler=lambda *values: None, error_handler=print)

    def send(self, address, message):
        self.call(self.node, "Node1", "Send", ELEMENT_PATH, dbus.UInt16(address), dbus.UInt16(0), options(),
                  octets(message))

    def configure(self, address, message, answer):
        """Sends a Configuration message under the device key and returns the answer that begins so. meshd does not
        repeat messages, so this does."""
        self.element.device_messages.clear()
        for _ in range(5):
            self.call(self.node, "Node1", "DevKeySend", ELEMENT_PATH, dbus.UInt16(address),
                      dbus.Boolean(True), dbus.UInt16(0), options(), octets(message))
            try:
                return self.received(self.element.device_messages, address, answer, 4)
            except AssertionError:
                continue
        raise AssertionError(f"{address:04x} does not answer {message.hex()} with {answer.hex()}")

    def request(self, address, message, answer):
        """The same under the application key."""
        self.element.messages.clear()
        for _ in range(5):
            self.send(address, message)
            try:
                return self.received(self.element.messages, address, answer, 4)
            except AssertionError:
                continue
        raise AssertionError(f"{address:04x} does not answer {message.hex()} with {answer.hex()}")

    def received(self, messages, source, beginning, seconds):
        def found():
            return [data for sender, data in messages if sender == source and data.startswith(beginning)]
        self.wait(found, seconds, f"a message {beginning.hex()} from {source:04x}")
        return found()[0]
