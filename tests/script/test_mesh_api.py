"""BLE_Mesh as scripts see it: constants, errors, events, states, callbacks."""

from runner import NODE, ScriptTest, main, texts

TRY = """
def tried(what, f, *args, **kwargs):
    try:
        result = f(*args, **kwargs)
    except Exception as e:
        print(what, "|", type(e).__name__, "|", e)
    else:
        print(what, "|", result)
"""


class Surface(ScriptTest):
    def test_constants(self):
        groups = {
            "PROV_ADV PROV_GATT PROV_NONE": [1, 2, 4],
            "RELAY GATT_PROXY LOW_POWER FRIEND": [1, 2, 4, 8],
            "OOB_INPUT OOB_OUTPUT ADDR_ALL_NODES ADDR_PUBLISH": [1, 2, 65535, 0],
            "GEN_ONOFF GEN_LEVEL SENSOR SENSOR_SETUP GEN_SENSOR GEN_SENSOR_SETUP SERVER CLIENT":
                [0, 1, 2, 3, 2, 3, 0, 1],
            "STATE_ONOFF STATE_LEVEL STATE_LEVEL_DELTA STATE_LEVEL_MOVE STATE_SEN_DESCRIPTOR STATE_SEN STATE_SEN_COLUMN"
            " STATE_SEN_SERIES STATE_SEN_SET_CADENCE STATE_SEN_SET_SETTINGS STATE_SEN_SET_SETTING":
                [0, 3, 7, 11, 14, 18, 22, 26, 29, 33, 37],
            "SEN_DESCRIPTOR SEN SEN_COLUMN SEN_SERIES SEN_SET_CADENCE SEN_SETTINGS SEN_SETTING":
                [14, 18, 22, 26, 29, 33, 37],
        }
        for names, values in groups.items():
            out = self.prints(f"""
                from network import Bluetooth
                print([getattr(Bluetooth.BLE_Mesh, name) for name in "{names}".split()])
            """)
            self.assertEqual(out, [str(values)])

    def test_events_are_distinct_and_bluetooth_is_one(self):
        self.assertEqual(self.prints("""
            from network import Bluetooth
            M = Bluetooth.BLE_Mesh
            events = {v for k, v in vars(M).items() if k.endswith("_EVT")}
            print(len(events), Bluetooth() is Bluetooth(), Bluetooth().BLE_Mesh is M)
        """), ["18 True True"])

    def test_every_call_has_its_documentation(self):
        self.assertEqual(self.prints(NODE + """
m = element.add_model()
for f in (M.init, M.set_node_prov, M.reset_node_prov, M.input_oob, M.create_element, element.add_model, m.get_state,
          m.set_state, m.status_state, m.subscribe, m.unsubscribe, m.publish,
          pycom.heartbeat, pycom.rgbled, Timer.Alarm, Timer.Chrono, Timer.sleep_us):
    if not f.__doc__: print(f)
import inspect
print(inspect.signature(M.init))
"""), ["(name='PYCOM-ESP-BLE-MESH', *, auth=0, callback=None)"])


class Errors(ScriptTest):
    def check(self, body, *expected, before=""):
        self.assertEqual(self.prints(NODE.replace("element = M.create_element(primary=True)", before) + TRY + body),
                         list(expected))

    def test_create_element(self):
        self.check("""
c = M.create_element
tried(1, c)
tried(2, c, True)
tried(3, c, primary="yes")
tried(4, c, primary=False, ttl=7)
tried(5, c, primary=True, feature=16)
tried(6, c, primary=True, feature=1.0)
tried(7, c, primary=True, feature=-1)
tried(8, c, primary=True, beacon=2)
tried(9, c, primary=True, ttl=1)
tried(10, c, primary=True, ttl=128)
tried(11, c, primary=True, tll=3)
c(primary=True, feature=M.RELAY | M.GATT_PROXY, beacon=False, ttl=0)
tried(12, c, primary=True)
""",
            "1 | TypeError | create_element needs primary=True or primary=False",
            "2 | TypeError | create_element() takes no positional arguments",
            "3 | TypeError | primary must be a bool, not str",
            "4 | ValueError | ttl is the node's: it is given with the primary element",
            "5 | ValueError | feature must be 0 to 15, not 16",
            "6 | TypeError | feature must be an int, not float",
            "7 | ValueError | feature must be 0 to 15, not -1",
            "8 | ValueError | beacon must be True or False, not 2",
            "9 | ValueError | ttl must be 0 or 2 to 127, not 1",
            "10 | ValueError | ttl must be 0 to 127, not 128",
            "11 | TypeError | 'tll' is an invalid keyword argument for create_element()",
            "12 | RuntimeError | primary: there is a primary element already")

    def test_add_model(self):
        self.check("""
a = M.create_element(primary=True).add_model
tried(1, a, 9)
tried(2, a, "x")
tried(3, a, M.GEN_LEVEL, value=0x8000)
tried(4, a, M.GEN_ONOFF, property_id=0x4f)
tried(5, a, M.SENSOR, 2)
tried(6, a, M.SENSOR, callback=3)
tried(7, a, M.SENSOR, sen_min=5, sen_max=5)
tried(8, a, M.SENSOR, sen_res=0)
tried(9, a, M.SENSOR, sen_res=500)
tried(10, a, M.SENSOR, sen_max="x")
tried(11, a, M.SENSOR, sen_min=float("-inf"))
tried(12, a, M.SENSOR, value="x")
tried(13, a, M.GEN_ONOFF, value=7)
tried(14, a, M.SENSOR, property_id=0x1234)
tried(15, a, M.SENSOR, prop_id=0)
tried(16, a, 10**30)
a(); a(M.GEN_ONOFF, M.CLIENT); a(M.SENSOR); a(M.SENSOR, M.CLIENT)
tried(17, a, M.GEN_ONOFF, M.SERVER)
tried(18, a, M.SENSOR, M.CLIENT)
M.init("x")
tried(19, a, M.GEN_ONOFF)
tried(20, M.create_element, primary=True)
""",
            "1 | RuntimeError | type: there is no such model type",
            "2 | TypeError | type must be an int, not str",
            "3 | ValueError | value must be -32768 to 32767, not 32768",
            "4 | ValueError | property_id: a GEN_ONOFF model has none",
            "5 | ValueError | server_client must be 0 to 1, not 2",
            "6 | TypeError | callback must be a function or None, not int",
            "7 | ValueError | sen_min must be below sen_max (5 is not below 5)",
            "8 | ValueError | sen_res must be above 0 and at most sen_max - sen_min, not 0",
            "9 | ValueError | sen_res must be above 0 and at most sen_max - sen_min, not 500",
            "10 | TypeError | sen_max must be a number, not str",
            "11 | ValueError | sen_min must be a finite number",
            "12 | TypeError | value must be a number, not str",
            "13 | ValueError | value must be True or False, not 7",
            "14 | ValueError | property_id: there is no device property 0x1234",
            "15 | ValueError | property_id must be 1 to 65535, not 0",
            "16 | RuntimeError | type: there is no such model type",
            "17 | RuntimeError | the element has a GEN_ONOFF server already",
            "18 | RuntimeError | the element has a SENSOR client already",
            "19 | RuntimeError | models must be added before init",
            "20 | RuntimeError | elements must be created before init")

    def test_init_and_provisioning(self):
        self.check("""
tried(1, M.init, "x")
M.create_element(primary=True)
tried(2, M.init, 5)
tried(3, M.init, "")
tried(4, M.init, "n" * 30)
tried(5, M.init, "x", 2)
tried(6, M.init, auth=4)
tried(7, M.init, auth="x")
tried(8, M.init, callback=1)
tried(9, M.set_node_prov, M.PROV_ADV)
tried(10, M.reset_node_prov)
tried(11, M.init, "n" * 29, auth=M.OOB_OUTPUT | M.OOB_INPUT)
tried(12, M.init)
tried(13, M.set_node_prov, 5)
tried(14, M.set_node_prov, 0)
tried(15, M.set_node_prov, "x")
tried(16, M.set_node_prov, 10**30)
tried(17, M.reset_node_prov)
tried(18, M.input_oob, 1)
tried(19, M.input_oob, 1.0)
tried(20, M.init, chr(0xd800))
""",
            "1 | RuntimeError | there is no primary element: call create_element before init",
            "2 | TypeError | name must be a str, not int",
            "3 | ValueError | name must have 1 to 29 octets, not 0",
            "4 | ValueError | name must have 1 to 29 octets, not 30",
            "5 | TypeError | init() takes at most 1 positional argument (2 given)",
            "6 | ValueError | auth must be 0 to 3, not 4",
            "7 | TypeError | auth must be an int, not str",
            "8 | TypeError | callback must be a function or None, not int",
            "9 | RuntimeError | BLE_Mesh is not initialised: call init first",
            "10 | RuntimeError | BLE_Mesh is not initialised: call init first",
            "11 | None",
            "12 | RuntimeError | BLE_Mesh is already initialised",
            "13 | RuntimeError | bearer must be PROV_ADV, PROV_GATT, both ORed, or PROV_NONE",
            "14 | RuntimeError | bearer must be PROV_ADV, PROV_GATT, both ORed, or PROV_NONE",
            "15 | TypeError | bearer must be an int, not str",
            "16 | RuntimeError | bearer must be PROV_ADV, PROV_GATT, both ORed, or PROV_NONE",
            "17 | RuntimeError | the node is not provisioned: there is nothing to reset",
            "18 | RuntimeError | no oob is asked for: wait for PROV_INPUT_OOB_REQ_EVT",
            "19 | TypeError | oob must be an int or a str, not float",
            "20 | ValueError | name must be text that UTF-8 can hold")

    def test_states(self):
        out = self.prints(NODE + TRY + """
o = element.add_model(M.GEN_ONOFF); oc = element.add_model(M.GEN_ONOFF, M.CLIENT)
s = element.add_model(M.SENSOR); sc = element.add_model(M.SENSOR, M.CLIENT)
tried(1, oc.set_state, True)
M.init("x")
tried(2, oc.set_state, True)
tried(3, oc.get_state)
tried(4, s.status_state)
time.sleep(2)
tried(5, oc.set_state)
tried(6, oc.set_state, True, state=True)
tried(7, oc.set_state, True, value=True)
tried(8, oc.set_state, 2)
tried(9, oc.set_state, "on")
tried(10, oc.set_state, True, 0x10000)
tried(11, oc.set_state, True, addr="x")
tried(12, oc.set_state, True, 3, 0x1000)
tried(13, oc.set_state, True, 3, 1)
tried(14, oc.set_state, True, M.ADDR_PUBLISH)
tried(15, oc.set_state, True, 3, 0, M.STATE_LEVEL)
tried(16, sc.set_state, 1)
tried(17, s.get_state, state_type=M.STATE_SEN_SET_CADENCE)
tried(18, sc.get_state, state_type=M.STATE_ONOFF)
tried(19, oc.status_state)
tried(20, s.set_state, "x")
tried(21, s.set_state, float("nan"))
tried(22, o.get_state, state_type=99)
tried(23, oc.set_state, True, b"0123456789abcdef")
tried(24, oc.set_state, True, b"short")
tried(25, oc.set_state, value=True, addr=0xc000, app_idx=0, state_type=M.STATE_ONOFF)
tried(26, o.set_state, True, 5, 0)
tried(27, o.get_state, 5, 0, M.STATE_ONOFF)
tried(28, sc.get_state, 0x0005, app_idx=0)
tried(29, M.set_node_prov, M.PROV_ADV)
""", "--mesh", 1, seconds=3)
        unprovisioned = "RuntimeError | the node is not provisioned"
        self.assertEqual(out, [
            "1 | RuntimeError | BLE_Mesh is not initialised: call init first",
            "2 | " + unprovisioned,
            "3 | " + unprovisioned,
            "4 | " + unprovisioned,
            "5 | TypeError | set_state needs a state",
            "6 | TypeError | argument for set_state() given by name ('state') and position (1)",
            "7 | TypeError | set_state takes state or value, not both",
            "8 | ValueError | state must be True or False, not 2",
            "9 | TypeError | state must be a bool, not str",
            "10 | ValueError | addr must be 0 to 65535, not 65536",
            "11 | TypeError | addr must be an address (an int) or a label of 16 bytes, not str",
            "12 | ValueError | app_idx must be 0 to 4095, not 4096",
            "13 | RuntimeError | the model is not bound to application key app_idx=1",
            "14 | RuntimeError | addr: the model has no publish address",
            "15 | RuntimeError | state_type: a GEN_ONOFF client has no state 3",
            "16 | RuntimeError | a SENSOR client has nothing to set but STATE_SEN_SET_CADENCE and "
            "STATE_SEN_SET_SETTING",
            "17 | RuntimeError | state_type: a SENSOR server has no state 29",
            "18 | RuntimeError | state_type: a SENSOR client has no state 0",
            "19 | RuntimeError | a client has no status to send",
            "20 | TypeError | state must be a number, not str",
            "21 | ValueError | state must be a finite number",
            "22 | RuntimeError | state_type: a GEN_ONOFF server has no state 99",
            "23 | None",
            "24 | ValueError | addr: a label has 16 bytes, not 5",
            "25 | None",
            "26 | None",
            "27 | True",
            "28 | None",
            "29 | RuntimeError | the node is already provisioned"])


class States(ScriptTest):
    def test_initial_states(self):
        self.assertEqual(self.prints(NODE + """
print(element.add_model().get_state(), element.add_model(M.SENSOR, sen_min=-5, sen_max=5, sen_res=1).get_state())
"""), ["False -5.0"])
        self.assertEqual(self.prints(NODE + """
print(element.add_model(value=True).get_state(), element.add_model(M.SENSOR, value=0.31).get_state())
"""), ["True 0.3"])

    def test_a_sensor_gives_back_what_was_set_as_the_decimal_it_is(self):
        self.assertEqual(self.prints(NODE + """
m = element.add_model(M.SENSOR)
for v in 0.3, -99.9, 0.1 + 0.2, 1, True, 1000, -1000, 0.25:
    m.set_state(v); print(m.get_state(), end=" ")
"""), ["0.3 -99.9 0.3 1.0 1.0 100.0 -100.0 0.3 "])

    SERVER = NODE + """
m = element.add_model(M.SENSOR, M.SERVER, sen_min=-50, sen_max=50, sen_res=0.1)
o = element.add_model(M.GEN_ONOFF, M.SERVER, callback=lambda *a: print("server", *a))
M.init("x")
time.sleep(2)
for i in range(5): m.set_state(i / 10); m.status_state(); time.sleep(1)
"""

    def test_statuses_reach_the_client_with_their_values(self):
        client = NODE + """
m = element.add_model(M.SENSOR, M.CLIENT, callback=lambda *a: print(*a), sen_min=-50, sen_max=50, sen_res=0.1)
M.init("x")
"""
        events = self.run_boards("--mesh", 1, server=self.SERVER, client=client, seconds=9)
        self.assertEqual(texts(events, board="client"), [f"{i / 10} 2 82" for i in range(5)])

    def test_a_client_learns_why_a_status_came(self):
        client = NODE + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print(round(now()), *a))
M.init("x")
time.sleep(2); m.set_state(True, 2)
time.sleep(1); m.get_state(2)
time.sleep(1); m.get_state()
time.sleep(1); m.get_state(0x77)
"""
        server = self.SERVER.replace("for i", "time.sleep(9); o.status_state(3)\nfor i")
        events = self.run_boards("--mesh", 1, server=server, client=client, seconds=20)
        self.assertEqual(texts(events, board="server"), ["server True 0 33283"])
        self.assertEqual(texts(events, board="client"),
                         ["3 True 0 33284", "4 True 0 33284", "10 None 3 0", "11 True 2 33284"])

    def test_a_status_to_all_is_no_answer_even_just_after_a_get(self):
        server = self.SERVER.replace("time.sleep(2)", "time.sleep(4); o.status_state()")
        client = NODE + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print(*a))
M.init("x")
time.sleep(3); m.get_state()
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, board="client"), ["False 0 33284", "False 2 33284"])

    def test_models_of_one_node_hear_each_other(self):
        out = self.prints(NODE + """
s = element.add_model(M.GEN_ONOFF, M.SERVER, callback=lambda *a: print("server", *a))
c = element.add_model(M.GEN_ONOFF, M.CLIENT)
M.init("x")
time.sleep(2)
c.set_state(True, 2)
""", "--mesh", 1)
        self.assertEqual(out, ["server True 0 33283"])


class Events(ScriptTest):
    def test_order_and_reset(self):
        events = self.run_boards("--mesh", 1, s=NODE + """
names = {v: k for k, v in vars(M).items() if k.endswith("_EVT")}
m = element.add_model()
m.set_state(True)
M.init("x", callback=lambda event, oob: print(names[event], oob))
M.set_node_prov(M.PROV_ADV)
M.set_node_prov(M.PROV_NONE)
M.set_node_prov(M.PROV_ADV | M.PROV_GATT)
time.sleep(2)
M.reset_node_prov()
time.sleep(1)
print(m.get_state())
""")
        self.assertEqual(texts(events)[:4], ["PROV_REGISTER_EVT None", "PROV_ENABLE_EVT None", "PROV_DISABLE_EVT None",
                                             "PROV_ENABLE_EVT None"])
        self.assertEqual(texts(events)[-2:], ["PROV_RESET_EVT None", "True"])
        self.assertEqual(texts(events, "prov")[-2:], ["reset", "beaconing"])

    def test_attention_blinks_the_led_and_is_an_event(self):
        attention = ("--attention", "2:1", "--attention", "5:9", "--attention", "5.9:0")
        events = self.run_boards("--mesh", 1, *attention, s=NODE + """
pycom.rgbled(0x100000)
M.init("x", callback=lambda event, what: event == M.ATTENTION_EVT and print(what))
time.sleep(2.6)
pycom.rgbled(0x001000)
""")
        self.assertEqual([event.text for event in events if event.kind == "print"], ["1", "0", "9", "0"])
        self.assertEqual([(round(event.at, 2), event.text) for event in events if event.kind == "led"],
                         [(0.0, "100000"), (2.0, "ffffff"), (2.25, "000000"), (2.5, "ffffff"), (2.75, "000000"),
                          (3.0, "001000"), (5.0, "ffffff"), (5.25, "000000"), (5.5, "ffffff"), (5.75, "000000"),
                          (5.9, "001000")])


if __name__ == "__main__":
    main()
