"""What is done in the virtual machine of test_kernel.py, on the kernel's own controllers hci0 and hci1.

boards: two processes through the HCI user channel, whose controllers vanish and return.
gatt:   BlueZ's scan, gatttool and bluetoothd find a board, provision it over their connection, and find its proxy.
meshd:  bluetooth-meshd, which speaks through the kernel's mesh support, provisions a board and switches it.
device: and is provisioned by us.

usage: kernel_inside.py boards|gatt|meshd|device BLEMESH
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import uuid

from btvirt import LAMP, write_script
from peers import Blemesh, Sandbox, check, wait_until
from test_btvirt import is_complete, lose

NET_KEY = bytes(range(0x20, 0x30))
ADDRESS = 0x0123
SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
GATT_LAMP = LAMP.format(bearer="PROV_GATT").replace("feature=mesh.RELAY", "feature=mesh.RELAY | mesh.GATT_PROXY")


class KernelControllers:
    """hci0 and hci1 of this kernel, emulated by btvirt."""

    radios = "hci0", "hci1"

    def __init__(self, sandbox, *options):
        self.sandbox, self.options = sandbox, options
        self.start()

    def start(self):
        self.process = self.sandbox.start("btvirt", ["btvirt", "-l2", *self.options])
        wait_until(lambda: all(pathlib.Path("/sys/class/bluetooth", radio).exists() for radio in self.radios), 20,
                   "the kernel has two controllers")

    def vanish(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not os.listdir("/sys/class/bluetooth"), 10, "the kernel has no controller any more")


def boards(sandbox, blemesh):
    lose(sandbox, KernelControllers(sandbox, "-L"), blemesh)


class GattTool:
    """gatttool -I: a command a line; what it says is kept."""

    def __init__(self, sandbox, radio, address):
        self.log = sandbox.folder / "gatttool.log"
        self.process = sandbox.start("gatttool", ["stdbuf", "-o0", "gatttool", "-i", radio, "-b", address, "-t", "random",
                                                  "-I"], stdin=subprocess.PIPE)
        self.say("connect")
        self.wait("Connection successful", "it connects")

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, pattern, what, seconds=15):
        found = []
        def look():
            found[:] = re.findall(pattern, self.log.read_text(errors="replace"))
            return found
        wait_until(look, seconds, "gatttool: " + what)
        check(True, "gatttool: " + what)
        return found[-1]

    def end(self):
        self.say("disconnect")
        self.say("exit")
        self.process.wait()


def scan(sandbox, radio, name):
    """The address behind a name in scan responses, by the kernel's own scan."""
    log, line = sandbox.folder / "lescan.log", re.compile(rf"^([0-9A-F:]{{17}}) .*{name}", re.M)
    process = sandbox.start("lescan", ["stdbuf", "-oL", "hcitool", "-i", radio, "lescan", "--duplicates"])
    wait_until(lambda: line.search(log.read_text()), 15, f"the scan shows {name}")
    process.send_signal(signal.SIGINT)
    process.wait()
    return line.search(log.read_text()).group(1)


def with_gatttool(sandbox):
    address = scan(sandbox, "hci1", "lamp")
    check(True, "hcitool lescan shows the board's name")
    tool = GattTool(sandbox, "hci1", address)
    tool.say("mtu 100")
    tool.wait(r"MTU was exchanged successfully: (\d+)", "the MTU is exchanged")
    tool.say("primary")
    tool.wait(r"attr handle: 0x000a, end grp handle: 0x000f uuid: 00001827-", "the Mesh Provisioning Service is found")
    tool.say("characteristics")
    tool.wait(r"handle: 0x000b, char properties: 0x04, char value handle: 0x000c, uuid: 00002adb-", "Data In is found")
    tool.wait(r"handle: 0x000d, char properties: 0x10, char value handle: 0x000e, uuid: 00002adc-", "Data Out is found")
    tool.say("char-write-req 0x000f 0100")
    tool.wait("Characteristic value was written successfully", "its notifications are switched on")
    tool.say("char-write-cmd 0x000c 030000")
    capabilities = tool.wait(r"Notification handle = 0x000e value: ([0-9a-f ]+)", "an Invite is answered")
    check(bytes.fromhex(capabilities)[:5] == bytes.fromhex("0301010003"), "by Capabilities: one element, both algorithms")
    tool.say("char-read-hnd 0x0012")
    tool.wait("Error: Characteristic value/descriptor read failed|Invalid handle", "the proxy is not there yet")
    tool.end()


def hears_of_changes(sandbox):
    """A client that was told of other services before is told that they changed."""
    subprocess.run(["hciconfig", "hci1", "up"], check=True)
    tool = GattTool(sandbox, "hci1", scan(sandbox, "hci1", ""))
    tool.say("char-write-req 0x0009 0200")
    tool.wait(r"Indication   handle = 0x0008 value: 0a 00 15 00", "Service Changed is indicated")
    tool.end()


def gatt(sandbox, blemesh):
    KernelControllers(sandbox, "-L")
    lamp = write_script(sandbox, "lamp", GATT_LAMP)
    board = Blemesh(sandbox, blemesh, "--no-provision", "--radio", "hci0", lamp)
    wait_until(lambda: board.has("prov", board="lamp", state="beaconing"), 20, "the board waits")
    subprocess.run(["hciconfig", "hci1", "up"], check=True)
    with_gatttool(sandbox)
    wait_until(lambda: any(event.get("state") in ("closed", "failed") for event in board.events), 10, "the link is closed")
    from bluetoothd import provision_and_find_proxy
    provision_and_find_proxy(sandbox, "hci1", NET_KEY, ADDRESS)
    check(is_complete(board, "lamp"), "the board says that it is provisioned")
    hears_of_changes(sandbox)


def meshd(sandbox, blemesh):
    import meshd as peer
    import test_meshd
    KernelControllers(sandbox)
    manager = peer.Meshd(sandbox, None, None)
    manager.create_network(uuid.uuid4().bytes)
    lamp = pathlib.Path(__file__).resolve().parents[2] / "examples" / "onoff_server.py"
    board = Blemesh(sandbox, blemesh, "--trace", "--radio", "hci1", "--no-provision", lamp)
    test_meshd.provision(manager, board, test_meshd.Onlooker(), "no_oob")
    test_meshd.configure(manager, 0x0100)
    test_meshd.switch(manager, board, 0x0100)


def device(sandbox, blemesh):
    import meshd as peer
    KernelControllers(sandbox)
    joining = peer.Meshd(sandbox, None, None, models=peer.DEVICE_MODELS)
    joining.join(uuid.uuid4().bytes)
    run = Blemesh(sandbox, blemesh, "--radio", "hci1")
    joining.wait(lambda: run.has("provision", step="provisioned"), 60, "meshd is provisioned")
    joining.attach(20)
    joining.wait(lambda: run.has("provision", step="configured"), 60, "and configured")
    check(True, "we provision and configure meshd")


def main():
    mode, blemesh = sys.argv[1:]
    with Sandbox() as sandbox:
        {"boards": boards, "gatt": gatt, "meshd": meshd, "device": device}[mode](sandbox, blemesh)


main()
