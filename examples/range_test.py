# A range test: tells who answers, how loud, and over how many hops. Walk away with it until the lamps fall silent.
#
# Shows: last_message in a callback (source, RSSI, TTL), time-outs (event 3), and a Timer.Alarm that goes on and on.

from network import Bluetooth
from machine import Timer
import pycom

YELLOW = 0x555500
GREEN = 0x007f00
TTL = 7
PROBED = 0x0002     # whom to ask; the address of another board

mesh = Bluetooth.BLE_Mesh
provisioned = False


def on_status(state, event, opcode):
    if event == 3:
        print("no answer from %#06x" % PROBED)
        return
    message = client.last_message
    loudness = "" if message.rssi is None else " at %d dBm" % message.rssi
    print("%#06x answers%s, TTL %d" % (message.source, loudness, message.ttl))


def probe(alarm):
    if provisioned:
        client.get_state(PROBED)


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

element = mesh.create_element(primary=True, ttl=TTL)
client = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=on_status)

mesh.init("Example range test", callback=on_provisioning)
mesh.set_node_prov(mesh.PROV_ADV)
Timer.Alarm(probe, 10, periodic=True)
