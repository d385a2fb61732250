"""BLE_Mesh.provisioner: a script takes the other boards into a network of its own and configures them."""

from runner import NODE, ScriptTest, main, texts
from test_mesh_api import TRY

START = NODE + TRY + """
names = {value: name for name, value in vars(M).items() if name.startswith(("DEVICE_", "NODE_"))}
def told(event, uuid, value):
    print(names[event], uuid[0], value)
found = []
def provisioner(**kwargs):
    global p
    p = M.provisioner(callback=told, **kwargs)
    p.on_device(lambda uuid, rssi, oob_info: found.append(uuid))
    p.start()
def device(n=1):
    while len(found) < n: time.sleep(0.1)
    return found[n - 1]
"""

DEVICE = NODE + """
def prov(event, value):
    if event == M.PROV_OUTPUT_OOB_REQ_EVT:
        for _ in range(value):
            pycom.rgbled(0xffff00); time.sleep(0.3); pycom.rgbled(0); time.sleep(0.3)
    elif event == M.PROV_COMPLETE_EVT: print("is a node")
    elif event == M.PROV_RESET_EVT: print("is reset")
"""

LAMP = DEVICE + """
m = element.add_model(callback=lambda state, *_: print("lamp", state))
M.init("lamp", callback=prov, auth=AUTH)
M.set_node_prov(M.PROV_ADV)
"""

UUIDS = {"static": 1, "number": 2, "text": 3, "key": 4, "big": 5}

# The device's public key of the sample data of MshPRT 8.7; its private half is in device.c.
PUBLIC_KEY = ("f465e43ff23d3f1b9dc7dfc04da8758184dbc966204796eccf0d6cf5e16500cc"
              "0201d048bcbbd899eeefc424164e33c201c2b010ca6b4d43a8a155cad8ecb279")


def lamp(auth="0"):
    return LAMP.replace("AUTH", auth)


class Provisioning(ScriptTest):
    def run_alone(self, source, *args, **kwargs):
        """What a provisioner's script prints that has no other boards around it."""
        return self.prints(START + source, *args, **kwargs)

    def test_without_authentication_then_configured_and_switched_by_the_provisioners_own_model(self):
        events = self.run_boards(p=START + """
c = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print("status", *a))
provisioner(addr=0x0100)
tried("wait", p.wait, p.provision(device()) or device())
p.configure(0x0101)
tried("wait", p.wait, 0x0101)
c.set_state(True, 0x0101)
node, = p.nodes()
print(node["addr"], node["elements"], node["configured"], node["composition"]["company"],
      node["composition"]["elements"])
""", lamp=lamp(), seconds=20)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual(texts(events, board="p"), [
            "DEVICE_LINK_EVT 221 None", "DEVICE_AUTH_EVT 221 no authentication", "DEVICE_PROVISIONED_EVT 221 257",
            "wait | 257", "NODE_STEP_EVT 221 3 models in 1 element", "NODE_STEP_EVT 221 application key 0",
            "NODE_STEP_EVT 221 model 0x0002 of element 0x0101", "NODE_STEP_EVT 221 model 0x1000 of element 0x0101",
            "NODE_CONFIGURED_EVT 221 257", "wait | 257",
            "257 1 True 708 [{'addr': 257, 'location': 0, 'models': [0, 2, 4096]}]"])
        self.assertEqual(texts(events, board="lamp"), ["is a node", "lamp True"])

    def test_blinks_are_counted(self):
        events = self.run_boards(p=START + """
provisioner()
p.provision(device(), oob="blinks", require_auth=True)
print(p.wait(device()))
""", lamp=lamp("M.OOB_OUTPUT"), seconds=30)
        self.assertIn("DEVICE_AUTH_EVT 221 blinking", texts(events, board="p"))
        self.assertEqual(texts(events, board="p")[-1], "2")

    def test_a_static_value_and_a_wrong_one_then_tried_again(self):
        self.assertEqual(self.run_alone("""
provisioner()
p.provision(device(), oob=b"another value...")
tried(1, p.wait, device())
p.provision(device(), oob=b"sixteen octets..")
tried(2, p.wait, device(), 20)
""", "--device", "static", seconds=40), [
            "DEVICE_LINK_EVT 1 None", "DEVICE_AUTH_EVT 1 static OOB",
            "DEVICE_FAILED_EVT 1 the authentication failed: the OOB value is wrong",
            "1 | RuntimeError | the authentication failed: the OOB value is wrong",
            "DEVICE_LINK_EVT 1 None", "DEVICE_AUTH_EVT 1 static OOB", "DEVICE_PROVISIONED_EVT 1 2", "2 | 2"])

    def test_the_opcodes_aggregator_is_bound_if_it_is_named(self):
        said = self.run_alone("""
provisioner()
p.provision(device(), oob=b"sixteen octets..")
p.wait(device())
p.configure(2)
tried(1, p.wait, 2)
p.configure(2, bind=0x0010)
tried(2, p.wait, 2)
""", "--device", "static", seconds=40)
        bound = "NODE_STEP_EVT 1 model 0x0010 of element 0x0002"
        self.assertNotIn(bound, said[:said.index("1 | 2")])
        self.assertIn(bound, said[said.index("1 | 2"):])
        self.assertEqual(said[-1], "2 | 2")

    def test_a_function_reads_the_number_off_the_device_or_hands_it_over_later(self):
        for answer in "return int(open(FILE).read())", "return open(FILE).read()", "Timer.Alarm(later, 1)":
            out = self.run_alone(f"""
FILE = "{self.folder}/number"
def later(alarm): p.input_oob(device(), int(open(FILE).read()))
def oob(action, value):
    print(action, value)
    {answer}
provisioner()
p.provision(device(), oob=oob)
print(p.wait(device()))
""", "--device", f"number@{self.folder}/number", seconds=30)
            self.assertIn("output of a number None", out)
            self.assertEqual(out[-1], "2")

    def test_a_function_shows_what_must_be_entered_at_the_device(self):
        out = self.run_alone("""
def oob(action, value):
    print(action)
    print("type", value)
provisioner()
p.provision(device(), oob=oob)
print(p.wait(device()))
""", "--device", "text", seconds=30)
        self.assertIn("input of a text", out)
        self.assertEqual(out[-1], "2")

    def test_a_function_that_fails_ends_the_attempt_and_not_the_provisioner(self):
        events = self.run_boards("--device", "number@/dev/null", p=START + """
provisioner()
p.provision(device(), oob=lambda action, value: 1 // 0)
tried(1, p.wait, device())
p.provision(device(), oob=lambda action, value: 3.5)
tried(2, p.wait, device())
p.provision(device(), oob=123456789 // 1000)
tried(3, p.wait, device())
""", seconds=60)
        self.assertEqual([text.splitlines()[-1] for text in texts(events, "exception")],
                         ["ZeroDivisionError: integer division or modulo by zero",
                          "TypeError: oob must be an int or a str, not float"])
        self.assertEqual([text for text in texts(events) if "|" in text], [
            "1 | RuntimeError | the oob function failed", "2 | RuntimeError | the oob function failed",
            "3 | RuntimeError | the authentication failed: the OOB value is wrong"])

    def test_a_public_key_known_out_of_band(self):
        out = self.run_alone(f"""
provisioner()
p.provision(device(), public_key=bytes(64))
tried(1, p.wait, device())
p.provision(device(), public_key=bytes.fromhex("{PUBLIC_KEY}"))
tried(2, p.wait, device())
""", "--device", "key", seconds=60)
        self.assertTrue(any(line.startswith("1 | RuntimeError") for line in out), out)
        self.assertEqual(out[-1], "2 | 2")

    def test_a_device_without_authentication_is_refused_if_that_is_required(self):
        self.assertEqual(self.run_alone("""
provisioner()
p.provision(device(), require_auth=True)
tried(1, p.wait, device())
""", "--device", "big", seconds=20)[-1],
            "1 | RuntimeError | the device offers no authentication that is possible here")

    def test_several_at_once_get_addresses_without_overlap(self):
        events = self.run_boards("--device", "big", p=START + """
provisioner()
last = device(7)
for uuid in found: p.provision(uuid)
began = now()
p.wait()
print(sorted((n["addr"], n["elements"]) for n in p.nodes()))
print("soon" if now() - began < 8 else now() - began)
""", **{f"lamp{i}": lamp() for i in range(6)}, seconds=60)
        addresses = sorted((n, 1) for n in range(2, 8))
        shown = eval(texts(events, board="p")[-2])
        self.assertEqual(len(shown), 7)
        self.assertEqual(sum(elements for _, elements in shown), 9)
        taken = [addr + i for addr, elements in shown for i in range(elements)]
        self.assertEqual(taken, list(range(2, 11)), "no gaps and no overlap")
        self.assertEqual(texts(events, board="p")[-1], "soon")

    def test_a_device_is_told_once_and_again_when_it_was_reset(self):
        events = self.run_boards(p=START + """
provisioner()
uuid = device()
time.sleep(40)
print(len(found))
p.provision(uuid); p.wait(uuid)
tried(1, p.provision, uuid)
p.reset_node(2); p.wait(uuid)
device(2)
print(p.nodes(), len(found))
p.provision(uuid)
tried(2, p.wait, uuid)
""", lamp=lamp(), seconds=90)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual([text for text in texts(events, board="p") if "EVT" not in text or "RESET" in text], [
            "1", "1 | RuntimeError | the device is a node already: its address is 0x0002", "NODE_RESET_EVT 221 None",
            "[] 2", "2 | 3"])
        self.assertEqual(texts(events, board="lamp"), ["is a node", "is reset", "is a node"])

    def test_a_node_that_is_gone_is_told_and_can_be_removed(self):
        events = self.run_boards(p=START + """
provisioner()
uuid = device()
p.provision(uuid); p.wait(uuid)
time.sleep(5)
p.reset_node(uuid)
tried(1, p.wait, uuid, 5)
tried(2, p.wait, uuid)
p.configure(2)
tried(3, p.cancel, 2)
tried(4, p.wait, 2)
p.remove_node(2)
tried(5, p.nodes)
""", lamp=lamp() + """
time.sleep(3)
M.reset_node_prov()
M.set_node_prov(M.PROV_NONE)
""", seconds=60)
        self.assertEqual([text for text in texts(events, board="p") if "|" in text], [
            "1 | TimeoutError | it takes longer than that", "2 | RuntimeError | no answer in time", "3 | None",
            "4 | RuntimeError | cancelled", "5 | []"])


class Configuring(ScriptTest):
    def test_subscriptions_publication_and_settings(self):
        events = self.run_boards(p=START + """
c = element.add_model(M.GEN_ONOFF, M.CLIENT,
                      callback=lambda state, event, op: print("status", state, event, c.last_message.ttl))
provisioner()
uuid = device()
p.provision(uuid); p.wait(uuid)
p.configure(2, bind=0x1000, subscribe=[0xc001, b"sixteen octets.."], publish=1, publish_ttl=5, ttl=4, beacon=False)
p.wait(2)
c.set_state(True, 0xc001); time.sleep(1)
c.set_state(False, b"sixteen octets.."); time.sleep(1)
c.get_state(2)
""", lamp=lamp(), seconds=20)
        self.assertEqual(texts(events, "exception"), [])
        said = texts(events, board="p")
        for step in ("default TTL is 4", "beacon is 0", "model 0x1000 of element 0x0002",
                     "subscription of model 0x1000 of element 0x0002", "publication of model 0x1000 of element 0x0002"):
            self.assertIn("NODE_STEP_EVT 221 " + step, said)
        self.assertNotIn("NODE_STEP_EVT 221 model 0x0002 of element 0x0002", said)
        self.assertEqual(said[-3:], ["status True 2 5", "status False 2 5", "status False 0 4"])
        self.assertEqual(texts(events, board="lamp"), ["is a node", "lamp True", "lamp False"])

    def test_what_a_node_refuses_is_told_and_the_rest_is_done(self):
        events = self.run_boards(p=START + """
c = element.add_model(M.GEN_ONOFF, M.CLIENT)
provisioner()
uuid = device()
p.provision(uuid); p.wait(uuid)
p.configure(2, bind=[0x1001, 0x1000, 0x02c40001], relay=True)
tried(1, p.wait, 2)
c.set_state(True, 2)
""", lamp=lamp(), seconds=20)
        said = texts(events, board="p")
        self.assertIn("NODE_STEP_EVT 221 it has no model 0x02c40001", said)
        self.assertIn("NODE_STEP_EVT 221 relay: feature not supported", said)
        self.assertEqual(said[-2:], ["NODE_FAILED_EVT 221 it has no model 0x1001",
                                     "1 | RuntimeError | it has no model 0x1001"])
        self.assertEqual(texts(events, board="lamp"), ["is a node", "lamp True"])

    def test_a_second_application_key(self):
        events = self.run_boards(p=START + """
c = element.add_model(M.GEN_ONOFF, M.CLIENT)
provisioner()
p.add_app_key(7, bytes(16))
uuid = device()
p.provision(uuid); p.wait(uuid)
p.configure(uuid, app_idx=7); p.wait(uuid)
c.set_state(True, 2, 7)
tried(1, p.add_app_key, 7)
tried(2, p.configure, 2, app_idx=8)
""", lamp=lamp(), seconds=20)
        self.assertEqual(texts(events, board="lamp"), ["is a node", "lamp True"])
        self.assertEqual(texts(events, board="p")[-2:], [
            "1 | RuntimeError | app_idx: there is an application key 7 already",
            "2 | ValueError | app_idx: there is no application key 8: call add_app_key first"])


class Mistakes(ScriptTest):
    def test_it_stands_in_the_place_of_init_and_comes_once(self):
        self.assertEqual(self.prints(START + """
tried(1, M.provisioner, net_key=b"short")
tried(2, M.provisioner, app_key="text")
tried(3, M.provisioner, addr=0)
tried(4, M.provisioner, iv_index=-1)
tried(5, M.provisioner, callback=3)
provisioner(net_key=bytes(16), app_key=bytes(16), iv_index=5)
tried(6, M.provisioner)
tried(7, M.init)
tried(8, M.reset_node_prov)
tried(9, element.add_model)
tried(10, M.set_node_prov, M.PROV_ADV)
"""), [
            "1 | ValueError | net_key must have 16 bytes, not 5", "2 | TypeError | app_key must be bytes, not str",
            "3 | ValueError | addr must be 1 to 32767, not 0",
            "4 | ValueError | iv_index must be 0 to 4294967295, not -1",
            "5 | TypeError | callback must be a function or None, not int",
            "6 | RuntimeError | this board is a provisioner already",
            "7 | RuntimeError | BLE_Mesh is already initialised: provisioner has done it",
            "8 | RuntimeError | a provisioner cannot leave its own network",
            "9 | RuntimeError | models must be added before init",
            "10 | RuntimeError | the node is already provisioned"])
        self.assertEqual(self.prints(NODE + TRY + "M.init()\ntried(1, M.provisioner)\n"), [
            "1 | RuntimeError | BLE_Mesh is already initialised: provisioner takes the place of init"])

    def test_wrong_arguments_are_said_by_name(self):
        self.assertEqual([line for line in self.prints(START + """
provisioner()
u = device()
tried(1, p.provision, bytes(16))
tried(2, p.provision, b"x")
tried(3, p.provision, "text")
tried(4, p.provision, u, oob=1.5)
tried(5, p.provision, u, oob=b"")
tried(6, p.provision, u, oob=-1)
tried(7, p.provision, u, oob="nine chars")
tried(8, p.provision, u, addr=0xc000)
tried(9, p.provision, u, addr=1)
tried(10, p.provision, u, public_key=bytes(63))
tried(11, p.provision, u, attention=256)
tried(12, p.configure, 9)
tried(13, p.configure, 1)
tried(14, p.configure, u)
tried(15, p.input_oob, u, 3)
tried(16, p.wait, u)
tried(17, p.cancel, u)
tried(18, p.wait, u, -1)
p.provision(u)
tried(19, p.provision, u)
tried(20, p.configure, u)
p.wait(u)
tried(21, p.configure, 2, bind=0x0000)
tried(22, p.configure, 2, bind=["x"])
tried(23, p.configure, 2, subscribe=0xffff)
tried(24, p.configure, 2, subscribe=[b"x"])
tried(25, p.configure, 2, ttl=1)
tried(26, p.configure, 2, element=3)
tried(27, p.configure, 2, period=3)
tried(28, p.configure, 2, relay=7)
p.configure(2)
tried(29, p.configure, 2)
p.wait(2)
tried(30, p.reset_node, 3)
tried(31, p.on_device, 3)
""", "--device", "big", seconds=20) if "|" in line], [
            "1 | ValueError | uuid: no device with this UUID was heard", "2 | ValueError | uuid: a UUID has 16 bytes, not 1",
            "3 | TypeError | uuid must be bytes, not str",
            "4 | TypeError | oob must be None, bytes, an int, a str or a function, not float",
            "5 | ValueError | oob: a static value has 1 to 32 bytes, not 0",
            "6 | ValueError | oob must be 0 to 99999999, not -1",
            "7 | ValueError | oob must have 1 to 8 characters, not 10",
            "8 | ValueError | addr must be 1 to 32767, not 49152", "9 | ValueError | addr: 0x0001 is this board's own",
            "10 | ValueError | public_key must have 64 bytes, not 63", "11 | ValueError | attention must be 0 to 255, not 256",
            "12 | ValueError | node: no node was provisioned with address 0x0009",
            "13 | ValueError | node: 0x0001 is this board itself", "14 | RuntimeError | the device is not provisioned yet",
            "15 | RuntimeError | no OOB value of this device is asked for",
            "16 | RuntimeError | nothing was asked for of this device: there is no end to wait for",
            "17 | RuntimeError | nothing is under way with this device that could be cancelled",
            "18 | ValueError | timeout must be None or 0 to 1e9 seconds",
            "19 | RuntimeError | the device is being provisioned already",
            "20 | RuntimeError | the device is being provisioned already",
            "21 | ValueError | bind: model 0x0000 takes no application key", "22 | TypeError | bind must be an int, not str",
            "23 | ValueError | subscribe must be a group address (0xc000 to 0xfffe) or a label, not 0xffff",
            "24 | ValueError | subscribe: a label has 16 bytes, not 1", "25 | ValueError | ttl must be 0 or 2 to 127, not 1",
            "26 | ValueError | element: the node has 3, counted from 0", "27 | ValueError | period needs publish",
            "28 | ValueError | relay must be True or False, not 7",
            "29 | RuntimeError | the node is being configured: wait for its end",
            "30 | ValueError | node: no node was provisioned with address 0x0003",
            "31 | TypeError | callback must be a function or None, not int"])

    def test_addresses_that_run_out(self):
        self.assertEqual(self.prints(START + """
provisioner(addr=0x7ffd)
p.provision(device())
tried(1, p.wait, device())
tried(2, p.provision, device(), addr=0x7ffe)
tried(3, p.wait, device())
""", "--device", "big", seconds=20)[2:5], [
            "DEVICE_FAILED_EVT 5 no unicast address is left", "1 | RuntimeError | no unicast address is left", "2 | None"])

    def test_callbacks_that_were_replaced_are_let_go_and_the_last_ones_called(self):
        self.assertEqual(self.prints(NODE + TRY + """
import threading, weakref
alive = weakref.WeakSet()
class Callback:
    def __init__(self, number):
        self.number = number
        alive.add(self)
    def __call__(self, *args): print("called", self.number)
p = M.provisioner(callback=Callback("first"))
def replace(begin):
    for i in range(begin, begin + 1000):
        p.on_device(Callback(i))
        try: p.provision(b"0123456789abcdef", callback=Callback(i), oob=Callback(i))
        except ValueError: pass
threads = [threading.Thread(target=replace, args=(begin,)) for begin in (10000, 20000)]
for thread in threads: thread.start()
for thread in threads: thread.join()
replace(0)
print(len(alive) < 300, min(str(one.number) for one in alive) <= "999")
p.on_device(Callback("last"))
p.start()
time.sleep(4)
p.provision(b"\\x05" * 16)
p.wait()
""", "--device", "big", seconds=20), ["True True", "called last"] + ["called first"] * 3)

    def test_a_callback_does_not_wait_for_its_own_oob_function(self):
        self.assertEqual(self.prints(NODE + TRY + """
def on_device(uuid, rssi, oob_info):
    print(type(uuid), len(uuid), rssi, oob_info)
    p.provision(uuid, oob=lambda action, value: 1)
    tried(1, p.wait, uuid)
p = M.provisioner()
p.on_device(on_device)
p.start()
""", "--device", "big", seconds=5)[:2], [
            "<class 'bytes'> 16 -50 0",
            "1 | RuntimeError | wait: the oob function would never be called, for it waits for this callback"])


if __name__ == "__main__":
    main()
