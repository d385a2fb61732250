# A knob: turns dimmers up and down (Generic Level Client).
#
# Shows: the three ways to set a level: to a value, by a change, and moving until told to stop.

from network import Bluetooth
import pycom

YELLOW = 0x555500
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh


def on_status(level, event, opcode):
    print("a dimmer is at", level)


def on_provisioning(event, number):
    if event == mesh.PROV_REGISTER_EVT or event == mesh.PROV_RESET_EVT:
        pycom.rgbled(YELLOW)
    elif event == mesh.PROV_COMPLETE_EVT:
        pycom.rgbled(GREEN)


def turn(change):
    """As a hand turns a knob: up is positive."""
    knob.set_state(change, state_type=mesh.STATE_LEVEL_DELTA)


def fade(change_a_second):
    """Fades until fade(0) or the end of the range."""
    knob.set_state(change_a_second, state_type=mesh.STATE_LEVEL_MOVE)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
knob = element.add_model(mesh.GEN_LEVEL, mesh.CLIENT, callback=on_status)

mesh.init("Example knob", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)

# Try at the prompt:
#   knob.set_state(0)     half as bright as can be
#   turn(10000)           brighter
#   fade(-5000)           darker and darker
#   fade(0)               stops
