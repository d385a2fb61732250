# A sensor: measures every second and tells the mesh every five (Sensor Server).
#
# Shows: a sensor server with its range and step, and periodic alarms. What it measures is the second hand of its clock.

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
        sensor.set_state(time.localtime()[5])


def tell(alarm):
    if provisioned:
        print("telling everybody:", sensor.get_state())
        sensor.status_state()


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

element = mesh.create_element(primary=True)
sensor = element.add_model(mesh.SENSOR, mesh.SERVER, sen_min=0, sen_max=59, sen_res=1)

mesh.init("Example sensor", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

Timer.Alarm(measure, 1, periodic=True)
Timer.Alarm(tell, 5, periodic=True)
