# A dimmer: the board's LED is as bright as the mesh wants it (Generic Level Server).
#
# Shows: a level server, its callback on the way to the target and at the target, and the state of a model read back.

from network import Bluetooth
import pycom

YELLOW = 0x555500
LOWEST, HIGHEST = -32768, 32767

mesh = Bluetooth.BLE_Mesh


def show(level):
    brightness = (level - LOWEST) * 255 // (HIGHEST - LOWEST)
    pycom.rgbled(brightness << 16 | brightness << 8 | brightness)


def on_level(level, event, opcode):
    print("the level is", level)
    show(level)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        show(dimmer.get_state())


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True, feature=mesh.RELAY)
dimmer = element.add_model(mesh.GEN_LEVEL, mesh.SERVER, callback=on_level, value=LOWEST)

mesh.init("Example dimmer", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
