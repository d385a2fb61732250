# A monitor on mains power that is the friend of low power nodes: it keeps their messages (Sensor Client, friend).
#
# Shows: feature=FRIEND. ask() reaches a sleeping sensor: the question waits for it, the answer comes seconds later.

from network import Bluetooth
import pycom
import time

YELLOW = 0x555500
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh
asked = None


def on_status(value, event, opcode):
    global asked
    if event == 0 and asked is not None:
        print("asked, after", round(time.time() - asked), "s the sensor says", value)
        asked = None
    elif value is not None:
        print("a sensor measures", value)


def ask(addr=mesh.ADDR_ALL_NODES):
    global asked
    asked = time.time()
    monitor.get_state(addr)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True, feature=mesh.FRIEND)
monitor = element.add_model(mesh.SENSOR, mesh.CLIENT, callback=on_status, sen_min=0, sen_max=59, sen_res=1)

mesh.init("Example friend", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

# Try at the prompt:
#   ask()
