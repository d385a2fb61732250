# A sensor on a battery: sleeps, wakes to measure once a minute, and tells the mesh (Sensor Server, low power node).
#
# Shows: feature=LOW_POWER. Run it together with low_power_friend.py, which keeps its messages while it sleeps.

from network import Bluetooth
from machine import Timer
import pycom
import time

YELLOW = 0x555500
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh
provisioned = False


def measure(alarm):
    if provisioned:
        sensor.set_state(time.localtime()[4])   # the minute hand
        sensor.status_state()
        print("measured", sensor.get_state())


def on_provisioning(event, number):
    global provisioned
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
        provisioned = False
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)
        provisioned = True


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True, feature=mesh.LOW_POWER)
sensor = element.add_model(mesh.SENSOR, mesh.SERVER, sen_min=0, sen_max=59, sen_res=1)

mesh.init("Example battery sensor", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

Timer.Alarm(measure, 60, periodic=True)
