"""Emulated Bluetooth controllers: bluez's btvirt, in a test's own folder, with scripts for boards whose radios they are.
"""

import os
import signal

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


def write_script(sandbox, name, text, **values):
    path = sandbox.folder / f"{name}.py"
    path.write_text(text.format(**values) if values else text)
    return path
