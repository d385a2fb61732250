# Tells thermometers when to speak: rarely is enough for most, and saves the air for others (Sensor Setup).
#
# Shows: STATE_SEN_SET_CADENCE of a SENSOR_SETUP client, set with an acknowledgment. Run it with thermometer.py.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00
TEMPERATURE = 0x004f

mesh = Bluetooth.BLE_Mesh


def on_cadence(cadence, event, opcode):
    if cadence is None:
        print("no thermometer answers" if event == 3 else "it has no such sensor")
    else:
        print("it tells every change of", cadence["trigger_delta_up"], "degrees,",
              "but not twice within", cadence["min_interval"], "s")


def tell_every(degrees, addr):
    setup.set_state({"trigger_type": "value", "trigger_delta_up": degrees, "trigger_delta_down": degrees,
                     "min_interval": 1}, addr, state_type=mesh.STATE_SEN_SET_CADENCE)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
setup = element.add_model(mesh.SENSOR_SETUP, mesh.CLIENT, property_id=TEMPERATURE, callback=on_cadence)

mesh.init("Example cadence", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

# Try at the prompt:
#   tell_every(2, 0x0002)           2 degrees; the thermometer's address
