# A board without a display: whoever provisions it says how often its button must be pushed.
#
# Shows: provisioning with a number that goes to the device (Input OOB). There is no button on a virtual board, so
# pushes(N) at the prompt, or a line on the standard input of a board of your own, stands for it.

from network import Bluetooth
import pycom

YELLOW = 0x555500
BLUE = 0x00007f
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh


def pushes(number):
    """The person has pushed the button this often."""
    mesh.input_oob(number)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_INPUT_OOB_REQ_EVT:
        print("push the button as often as the provisioner says: pushes(N)")
        pycom.rgbled(BLUE)
    elif event == mesh.PROV_COMPLETE_EVT:
        print("one of the mesh")
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT)

mesh.init("Example push button", auth=mesh.OOB_INPUT, callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
