# A lamp that is a proxy too: boards that can only connect, like a phone, reach the network through it.
#
# Shows: the features RELAY and GATT_PROXY. See proxy_only.py for the other end.

from network import Bluetooth
import pycom

mesh = Bluetooth.BLE_Mesh


def on_switched(state, event, opcode):
    print("the lamp is", "on" if state else "off")
    pycom.rgbled(0x007f00 if state else 0x000000)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True, feature=mesh.RELAY | mesh.GATT_PROXY)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=on_switched)

mesh.init("Example proxy")
mesh.set_node_prov(mesh.PROV_ADV)
