# A switch for a room: press() switches all kitchen lamps, evening() those that care for the evening.
#
# Shows: where a client publishes, ADDR_PUBLISH as the address, and a label as the address of a single message.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00
KITCHEN = 0xc000
EVENING = b"lights at night."

mesh = Bluetooth.BLE_Mesh


def press(state):
    switch.publish(KITCHEN)             # from now on, what goes to ADDR_PUBLISH goes there
    switch.set_state(state, mesh.ADDR_PUBLISH)


def evening(state):
    switch.set_state(state, EVENING)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT)

mesh.init("Example kitchen switch", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

# Try at the prompt:
#   press(True)
#   evening(False)
