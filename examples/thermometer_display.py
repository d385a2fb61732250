# A display for thermometers: shows what they tell, and asks them (Sensor Client).
#
# Shows: a client of property 0x004F that hears a group, and who it was that spoke. Run it together with thermometer.py.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00
TEMPERATURE = 0x004f
WEATHER = 0xc001

mesh = Bluetooth.BLE_Mesh


def on_temperature(degrees, event, opcode):
    if event == 3:
        print("no thermometer answers")
    else:
        print("%#06x has" % display.last_message.source, degrees, "degrees")


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)
        display.subscribe(WEATHER)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
display = element.add_model(mesh.SENSOR, mesh.CLIENT, property_id=TEMPERATURE, callback=on_temperature)

mesh.init("Example thermometer display", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

# Try at the prompt:
#   display.get_state()             asks all thermometers
