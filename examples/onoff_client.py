# A switch: at this board's prompt, switch.set_state(True) turns every lamp of the mesh on (Generic OnOff Client).
#
# Shows: an OnOff client, and a board that goes on living at its prompt when the script has ended.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh


def on_status(state, event, opcode):
    print("a lamp says it is", "on" if state else "off")


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=on_status)

mesh.init("Example switch", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

# Try at the prompt:
#   switch.set_state(True)     on
#   switch.set_state(False)    off
#   switch.get_state()         asks; the answer reaches on_status
