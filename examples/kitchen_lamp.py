# A lamp that belongs to a room: it takes what is sent to the group "kitchen", and to a label.
#
# Shows: subscriptions of a server to a group address and to a Label UUID (a virtual address). A room is an address
# that its lamps subscribe to; whoever sends there needs to know none of them.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00
RED = 0x7f0000
KITCHEN = 0xc000                        # groups are 0xc000 to 0xfeff
EVENING = b"lights at night."           # a label has 16 bytes, and nobody needs to hand them out

mesh = Bluetooth.BLE_Mesh


def on_switched(state, event, opcode):
    message = lamp.last_message
    through = "by itself" if message is None else "through %#06x" % message.destination
    print("the kitchen is", "lit" if state else "dark", through)
    pycom.rgbled(GREEN if state else RED)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(RED)
        lamp.subscribe(KITCHEN)
        lamp.subscribe(EVENING)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=on_switched)

mesh.init("Example kitchen lamp", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
