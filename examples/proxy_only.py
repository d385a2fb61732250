# A lamp that is reached through a proxy only: it sends and hears no advertising, it connects to a node that is a proxy.
#
# Shows: provisioning over a connection (PROV_GATT), proxy_client, and asking another lamp from behind the proxy.
# Run it beside proxy.py and onoff_client.py:
#
#     blemesh run examples/proxy.py examples/proxy_only.py examples/onoff_client.py
#     switch.set_state(True)          typed at onoff_client: both lamps are on
#     ask()                           typed at proxy_only

from network import Bluetooth
import pycom

mesh = Bluetooth.BLE_Mesh


def on_switched(state, event, opcode):
    print("the lamp is", "on" if state else "off")
    pycom.rgbled(0x00007f if state else 0x000000)


def on_answer(state, event, opcode):
    if state is None:
        print("no answer")
    else:
        print("the other lamp is", "on" if state else "off")


def ask(addr=None):
    switch.get_state(addr if addr else mesh.ADDR_ALL_NODES)


pycom.heartbeat(False)
Bluetooth()

element = mesh.create_element(primary=True)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=on_switched)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=on_answer)

mesh.init("Example proxy client")
mesh.proxy_client()
mesh.set_node_prov(mesh.PROV_GATT)
