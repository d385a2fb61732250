# A monitor: prints what the sensors of the mesh measure (Sensor Client).
#
# Shows: a sensor client. It hears what sensors tell by themselves, and can ask: monitor.get_state() at the prompt.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh


def on_status(value, event, opcode):
    print("a sensor measures", value)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
# The range and the step must be those of the sensor: they are not on the air.
monitor = element.add_model(mesh.SENSOR, mesh.CLIENT, callback=on_status, sen_min=0, sen_max=59, sen_res=1)

mesh.init("Example monitor", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
