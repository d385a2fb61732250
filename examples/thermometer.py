# A thermometer that any mesh device understands (Sensor Server and Sensor Setup Server).
#
# Shows: property_id 0x004F, Present Ambient Temperature, one octet in steps of half a degree; and what a Sensor Setup
# Server adds: others may say when it tells its temperature. Run it together with thermometer_display.py.

from network import Bluetooth
from machine import Timer
import pycom

YELLOW = 0x555500
GREEN = 0x007f00
TEMPERATURE = 0x004f
WEATHER = 0xc001                        # the group that whoever is interested subscribes to

mesh = Bluetooth.BLE_Mesh
measured = 18.0


def measure(alarm):
    # The room is warmed from 18 to 24 degrees, half a degree each time, and then aired.
    global measured
    measured = measured + 0.5 if measured < 24 else 18.0
    thermometer.set_state(measured)     # told to the group, as the cadence has it
    print("it has", thermometer.get_state(), "degrees")


def on_setup(state, event, opcode):
    print("from now on tells every change of", state["trigger_delta_up"], "degrees")


def publish(alarm):
    thermometer.publish(WEATHER, period=60)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)
        Timer.Alarm(publish, 5)         # by then the provisioner has given it an application key, too


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
thermometer = element.add_model(mesh.SENSOR, mesh.SERVER, property_id=TEMPERATURE, value=measured)
setup = element.add_model(mesh.SENSOR_SETUP, mesh.SERVER, property_id=TEMPERATURE, callback=on_setup)

mesh.init("Example thermometer", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
Timer.Alarm(measure, 10, periodic=True)
