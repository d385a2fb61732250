"""Emulated Bluetooth controllers: bluez's btvirt, in a test's own folder, with scripts for boards whose radios they are.
"""

import contextlib
import os
import pty
import select
import signal
import socket
import threading
import tty

from peers import need_program, wait_until

LAMP = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True, feature=mesh.RELAY)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=lambda state, event, opcode: print("lamp", state))
mesh.init("lamp", auth=0)
mesh.set_node_prov(mesh.{bearer})
"""

SWITCH = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True, feature=mesh.RELAY)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=lambda state, event, opcode: print("switch", state))
mesh.init("switch", auth=0)
mesh.set_node_prov(mesh.PROV_ADV)
"""

PROXY = LAMP.replace("feature=mesh.RELAY", "feature=mesh.RELAY | mesh.GATT_PROXY").format(bearer="PROV_ADV")

PROXY_ONLY = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=lambda state, event, opcode: print("switch", state))
mesh.init("only", auth=0)
mesh.proxy_client()
mesh.set_node_prov(mesh.PROV_GATT)
"""


class Controllers:
    """A running btvirt; each connection to its socket is a controller of its own, and all hear each other."""

    def __init__(self, sandbox, shim):
        self.sandbox = sandbox
        self.program = need_program("btvirt")
        self.environment = dict(sandbox.environment, LD_PRELOAD=shim, BTVIRT_FOLDER=str(sandbox.folder))
        self.socket = sandbox.folder / "le"
        self.start()

    def start(self):
        self.process = self.sandbox.start("btvirt", [self.program, "-s"], environment=self.environment)
        wait_until(self.socket.exists, 10, "btvirt opens its socket")

    def vanish(self):
        """As a dongle that is pulled out."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.socket.unlink()

    @property
    def radio(self):
        return f"unix:{self.socket}"

    @property
    def radios(self):
        return self.radio, self.radio

    def over_tcp(self):
        """The radio that is a controller behind a TCP port."""
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, args=(server,), daemon=True).start()
        return f"tcp:127.0.0.1:{server.getsockname()[1]}"

    def _serve(self, server):
        self._bridge(server.accept()[0].detach())

    def over_serial(self):
        """The radio that is a controller behind a serial port: a pseudo terminal."""
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        threading.Thread(target=self._bridge, args=(ours,), daemon=True).start()
        return f"h4:{os.ttyname(theirs)}:115200"

    def _bridge(self, descriptor):
        # At the test's end either side may go first.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as controller:
            controller.connect(str(self.socket))
            ends = {descriptor: controller.fileno(), controller.fileno(): descriptor}
            while True:
                for readable in select.select(list(ends), [], [])[0]:
                    octets = os.read(readable, 4096)
                    if not octets:
                        return
                    os.write(ends[readable], octets)


def write_script(sandbox, name, text, **values):
    path = sandbox.folder / f"{name}.py"
    path.write_text(text.format(**values) if values else text)
    return path
