"""BlueZ's daemon as a phone: it finds a board, connects, provisions it through its GATT characteristics, and finds its
proxy afterwards. On the system bus of a virtual machine.
"""

import pathlib
import subprocess

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

from pb_gatt import PROXY_BEACON, PROXY_PROVISIONING, Provisioner, Reassembly, beacon_is_of, proxy_pdus
from peers import check, wait_until

DAEMON = "/usr/libexec/bluetooth/bluetoothd"
BLUEZ = "org.bluez"
PROPERTIES = "org.freedesktop.DBus.Properties"


def uuid(short):
    return f"0000{short:04x}-0000-1000-8000-00805f9b34fb"


class Bluez:
    def __init__(self, sandbox, radio):
        self.context = GLib.MainContext.default()
        pathlib.Path("/run/dbus").mkdir(exist_ok=True)
        subprocess.run(["dbus-daemon", "--system", "--fork", "--nopidfile"], check=True)
        self.daemon = sandbox.start("bluetoothd", [DAEMON, "-n", "-E"])
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = dbus.SystemBus()
        self.wait(lambda: self.bus.name_has_owner(BLUEZ), 20, "bluetoothd is on the bus")
        self.adapter = f"/org/bluez/{radio}"
        self.wait(lambda: self.adapter in self.objects(), 20, "it has the controller")
        self.call(self.adapter, PROPERTIES, "Set", "org.bluez.Adapter1", "Powered", dbus.Boolean(True, variant_level=1))

    def wait(self, condition, seconds, what):
        def turn():
            GLib.timeout_add(20, lambda: False)
            self.context.iteration(True)
        wait_until(condition, seconds, what, turn)

    def objects(self):
        return self.call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")

    def call(self, path, interface, method, *arguments):
        return dbus.Interface(self.bus.get_object(BLUEZ, path, introspect=False), interface).__getattr__(method)(
            *arguments, timeout=20)

    def find(self, interface, **properties):
        """The path of an object of that kind with these properties."""
        for path, interfaces in self.objects().items():
            held = interfaces.get(interface, {})
            if interface in interfaces and all(held.get(name) == value for name, value in properties.items()):
                return path
        return None

    def discover(self, name):
        self.call(self.adapter, "org.bluez.Adapter1", "SetDiscoveryFilter",
                  dbus.Dictionary({"Transport": "le"}, signature="sv"))
        self.call(self.adapter, "org.bluez.Adapter1", "StartDiscovery")
        self.wait(lambda: self.find("org.bluez.Device1", Name=name), 20, f"bluetoothd finds {name}")
        self.call(self.adapter, "org.bluez.Adapter1", "StopDiscovery")
        return self.find("org.bluez.Device1", Name=name)

    def connect(self, device):
        self.call(device, "org.bluez.Device1", "Connect")
        self.wait(lambda: self.find("org.bluez.Device1", ServicesResolved=True), 20, "bluetoothd knows its services")

    def notifications(self, characteristic):
        """The values notified from here on."""
        values = []
        self.bus.add_signal_receiver(
            lambda interface, changed, gone: "Value" in changed and values.append(bytes(changed["Value"])),
            "PropertiesChanged", PROPERTIES, path=characteristic)
        self.call(characteristic, "org.bluez.GattCharacteristic1", "StartNotify")
        return values

    def write(self, characteristic, octets):
        self.call(characteristic, "org.bluez.GattCharacteristic1", "WriteValue", dbus.Array(octets, signature="y"),
                  dbus.Dictionary({"type": "command"}, signature="sv"))

    def characteristic(self, short):
        return self.find("org.bluez.GattCharacteristic1", UUID=uuid(short))


def provision(bluez, net_key, address):
    data_in, data_out = bluez.characteristic(0x2ADB), bluez.characteristic(0x2ADC)
    check(data_in and data_out, "bluetoothd shows the characteristics of the Mesh Provisioning Service")
    heard = bluez.notifications(data_out)
    provisioner, reassembly, taken = Provisioner(net_key, address), Reassembly(), 0
    room = 20
    messages = provisioner.begin()
    while not provisioner.done and not provisioner.failed:
        for message in messages:
            for pdu in proxy_pdus(PROXY_PROVISIONING, message, room):
                bluez.write(data_in, pdu)
        messages = []
        before = taken
        bluez.wait(lambda before=before: len(heard) > before, 20, "the board answers")
        while taken < len(heard):
            whole = reassembly.take(heard[taken])
            taken += 1
            if whole and whole[0] == PROXY_PROVISIONING:
                messages += provisioner.heard(whole[1])
    check(provisioner.done, f"bluetoothd's connection carried the whole provisioning ({provisioner.failed or 'complete'})")


def provision_and_find_proxy(sandbox, radio, net_key, address):
    bluez = Bluez(sandbox, radio)
    device = bluez.discover("lamp")
    bluez.connect(device)
    check(True, "bluetoothd finds the board, connects and reads its services")
    provision(bluez, net_key, address)
    bluez.wait(lambda: not bluez.find("org.bluez.Device1", Connected=True), 20, "the connection ends")
    bluez.call(bluez.adapter, "org.bluez.Adapter1", "StartDiscovery")
    bluez.wait(lambda: uuid(0x1828) in bluez.objects()[device]["org.bluez.Device1"].get("ServiceData", {}), 30,
               "the board advertises its proxy")
    bluez.call(bluez.adapter, "org.bluez.Adapter1", "StopDiscovery")
    bluez.connect(device)
    bluez.wait(lambda: bluez.characteristic(0x2ADE), 20, "bluetoothd finds the Mesh Proxy Service")
    check(bluez.characteristic(0x2ADD), "with both its characteristics")
    heard = bluez.notifications(bluez.characteristic(0x2ADE))
    bluez.wait(lambda: heard, 20, "the proxy says something")
    check(heard[0][0] == PROXY_BEACON and beacon_is_of(net_key, heard[0][1:]), "it is the network's beacon, authentic")
    bluez.call(device, "org.bluez.Device1", "Disconnect")
    bluez.daemon.terminate()
    bluez.daemon.wait()
