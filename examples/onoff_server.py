# A lamp: the board's LED is switched over the mesh (Generic OnOff Server).
#
# Shows: an OnOff server, provisioning with a number that the LED blinks (Output OOB), what the LED's colours mean:
# yellow is waiting to be provisioned, green is on, red is off.

from network import Bluetooth
import pycom
import time

YELLOW = 0x555500
GREEN = 0x007f00
RED = 0x7f0000
BRIGHT_YELLOW = 0xffff00
OFF = 0x000000

mesh = Bluetooth.BLE_Mesh


def on_switched(state, event, opcode):
    print("the lamp is", "on" if state else "off")
    pycom.rgbled(GREEN if state else RED)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_OUTPUT_OOB_REQ_EVT:
        # Whoever provisions the lamp counts the blinks, and so proves that it is this lamp and no other.
        print("blinking", number, "times" if number > 1 else "time")
        for _ in range(number):
            pycom.rgbled(BRIGHT_YELLOW)
            time.sleep(0.3)
            pycom.rgbled(OFF)
            time.sleep(0.3)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN if lamp.get_state() else RED)


pycom.heartbeat(False)  # the LED is ours from here on
Bluetooth()             # the radio is on

element = mesh.create_element(primary=True, feature=mesh.RELAY)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=on_switched)

mesh.init("Example lamp", auth=mesh.OOB_OUTPUT, callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
