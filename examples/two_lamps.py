# Two lamps on one board: each has an element, and so an address, of its own.
#
# Shows: secondary elements. The second lamp's address is the board's plus one; what is sent to all nodes reaches
# primary elements only, so a switch must name the second lamp's address, or a group it takes part in.

from network import Bluetooth
import pycom

YELLOW = 0x555500

mesh = Bluetooth.BLE_Mesh
colour = {"left": 0x000000, "right": 0x000000}


def lamp_callback(name, lit_colour):
    def on_switched(state, event, opcode):
        print("the", name, "lamp is", "on" if state else "off")
        colour[name] = lit_colour if state else 0x000000
        pycom.rgbled(colour["left"] | colour["right"])  # one LED for both: red, blue or their sum
    return on_switched


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(0)


pycom.heartbeat(False)
Bluetooth()

first = mesh.create_element(primary=True)
second = mesh.create_element(primary=False)
left = first.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=lamp_callback("left", 0x7f0000))
right = second.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=lamp_callback("right", 0x00007f))

mesh.init("Example with two lamps", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
