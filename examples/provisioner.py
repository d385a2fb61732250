# A provisioner: this board takes every device that it hears into a network of its own and configures it.
#
# Shows: BLE_Mesh.provisioner, authentication by counting the blinks of the device's LED, what can go wrong and how to
# try again, nodes(), and that the provisioner's own models are part of the network: its switch works the lamps.

from network import Bluetooth
import pycom

BLUE = 0x00007f
GREEN = 0x007f00

mesh = Bluetooth.BLE_Mesh
attempts = {}


def short(uuid):
    return uuid[2:8].hex()


def take(uuid):
    # Who offers to blink a number is watched, and so proves that it is the device that we see. The others are taken too.
    prov.provision(uuid, oob="blinks")


def on_device(uuid, rssi, oob_info):
    print("found", short(uuid))
    attempts[uuid] = 1
    take(uuid)


def on_progress(event, uuid, value):
    if event == mesh.DEVICE_AUTH_EVT:
        print(short(uuid), "is authenticated by", value)
    elif event == mesh.DEVICE_PROVISIONED_EVT:
        print(short(uuid), "has address 0x%04x" % value)
        prov.configure(value)   # gives it application key 0 and binds its models
    elif event == mesh.NODE_CONFIGURED_EVT:
        pycom.rgbled(GREEN)
        print("0x%04x is configured" % value)
    elif event == mesh.DEVICE_FAILED_EVT and attempts[uuid] < 3:
        print(short(uuid), "failed:", value)
        attempts[uuid] += 1
        take(uuid)
    elif event == mesh.DEVICE_FAILED_EVT or event == mesh.NODE_FAILED_EVT:
        print("gave up", short(uuid) + ":", value)


def show_nodes():
    for node in prov.nodes():
        elements = node["composition"]["elements"] if node["composition"] else []
        models = ["0x%04x" % model for element in elements for model in element["models"]]
        print("0x%04x" % node["addr"], short(node["uuid"]), *models)


pycom.heartbeat(False)
Bluetooth()
pycom.rgbled(BLUE)

element = mesh.create_element(primary=True)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=lambda state, *_: print("a lamp is", state))

prov = mesh.provisioner(callback=on_progress)
prov.on_device(on_device)
prov.start()

# Try at the prompt:
#   show_nodes()
#   switch.set_state(True)          the provisioner's own switch
#   prov.reset_node(2)              throws a node out; it is found again
