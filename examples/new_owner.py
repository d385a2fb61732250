# A board that changes hands: leave() forgets its network, and it waits to be taken into the next.
#
# Shows: reset_node_prov, the events around it, and what stays: the lamp keeps its state, its keys are gone.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh


def leave():
    """Forgets the network, as a long press on a reset button would."""
    mesh.reset_node_prov()


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_RESET_EVT:
        print("the network is forgotten; the lamp is still", "on" if lamp.get_state() else "off")
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        print("taken into a network")
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, value=True)

mesh.init("Example with a past", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
