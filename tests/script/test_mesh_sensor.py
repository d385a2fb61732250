"""Sensors as scripts see them: device properties, several on one element, and every state of Sensor and Sensor Setup."""

from runner import NODE, ScriptTest, main, texts
from test_mesh_api import TRY

CLIENT = NODE + """
def heard(state, event, op): print(state, event, hex(op))
"""


class Properties(ScriptTest):
    def test_values_are_those_of_the_characteristic(self):
        self.assertEqual(self.prints(NODE + """
def show(property_id, *values, **how):
    m = M.create_element(primary=False).add_model(M.SENSOR, property_id=property_id, **how)
    print(hex(property_id), m.get_state(), end=" |")
    for v in values:
        m.set_state(v); print("", m.get_state(), end="")
    print()
show(0x4f, 20.3, -70, 70, 21, True, None)
show(0x56, 0.5, sen_min=0, sen_max=40, sen_res=1)
show(0x4d, True, 0, 1)
show(0x77, 400, 1e9, None)
show(0x76, 33.333)
show(0x74, 1.5)
show(0x0d, 12.4)
"""), ["0x4f -64.0 | 20.5 -64.0 63.0 21.0 1.0 None",
       "0x56 0.0 | 1.0",
       "0x4d False | True False True",
       "0x77 0.0 | 400.0 65534.0 None",
       "0x76 0.0 | 33.33",
       "0x74 -3.4028234663852886e+38 | 1.5",
       "0xd 0.0 | 12.0"])

    def test_what_goes_with_another_state_is_refused(self):
        self.assertEqual(self.prints(NODE + TRY + """
m = element.add_model(M.SENSOR, property_id=0x4f)
o = element.add_model(M.GEN_ONOFF, M.CLIENT)
tried(1, m.get_state, setting_id=0x70)
tried(2, m.get_state, state_type=M.SEN_DESCRIPTOR, x=5)
tried(3, o.set_state, True, x=5)
tried(4, o.set_state, True, bytearray(16))
"""), ["1 | TypeError | setting_id goes with STATE_SEN_SET_SETTING alone",
       "2 | TypeError | x goes with STATE_SEN_COLUMN and STATE_SEN_SERIES alone",
       "3 | TypeError | 'x' is an invalid keyword argument for set_state()",
       "4 | TypeError | addr must be an address (an int) or a label of 16 bytes, not bytearray"])

    def test_structures_and_texts(self):
        self.assertEqual(self.prints(NODE + TRY + """
m = element.add_model(M.SENSOR, property_id=0x02)
print(m.get_state())
m.set_state({"electric_current_value": 1.25, "sensing_duration": "lifetime"}); print(m.get_state())
m.set_state((2, None)); print(m.get_state())
tried(1, m.set_state, 5)
tried(2, m.set_state, (1,))
tried(3, m.set_state, {"electric_current_value": 1, "duration": 2})
tried(4, m.set_state, (1, "hours"))
tried(5, m.set_state, (1e9, None))
t = element.add_model(M.SENSOR, prop_id=0x11, value="Lumen & Co")
print(repr(t.get_state()))
tried(6, t.set_state, 5)
tried(7, t.set_state, "x" * 37)
tried(8, t.set_state, "x" * 36)
"""), ["{'electric_current_value': None, 'sensing_duration': None}",
       "{'electric_current_value': 1.25, 'sensing_duration': 'lifetime'}",
       "{'electric_current_value': 2.0, 'sensing_duration': None}",
       "1 | TypeError | state must be a dict or a tuple, not int: property 0x0002 has 2 fields",
       "2 | ValueError | state must have electric_current_value, sensing_duration",
       "3 | ValueError | state must have electric_current_value, sensing_duration",
       "4 | TypeError | sensing_duration must be a number, not str",
       "5 | ValueError | electric_current_value must be 0 to 655.34, not 1000000000",
       "'Lumen & Co'",
       "6 | TypeError | state must be a text, not int",
       "7 | ValueError | state must have at most 36 octets, not 37",
       "8 | None"])

    def test_wrong_inputs_are_named(self):
        self.assertEqual(self.prints(NODE + TRY + """
a = element.add_model
tried(1, a, M.SENSOR, property_id=0x4f, sen_min=-65)
tried(2, a, M.SENSOR, property_id=0x4f, sen_max=64)
tried(3, a, M.SENSOR, property_id=0x02, sen_res=1)
tried(4, a, M.SENSOR, property_id=0x4f, prop_id=0x4f)
tried(5, a, M.SENSOR, property_id="x")
tried(6, a, M.SENSOR, property_id=0x4f, value="x")
tried(7, a, M.SENSOR, property_id=10**30)
m = a(M.SENSOR, property_id=0x4f)
tried(8, a, M.SENSOR, property_id=0x4f)
tried(9, m.set_state, float("nan"))
tried(10, m.set_state, float("inf"))
tried(11, m.set_state, "warm")
tried(12, m.set_state, b"x")
tried(13, m.set_state, [20])
tried(14, m.set_state, 20, transition=1)
tried(15, a(M.SENSOR).set_state, None)
tried(16, a, M.SENSOR, property_id=0x56)
tried(17, a(M.SENSOR, property_id=0x4d).set_state, 2)
"""), ["1 | ValueError | sen_min and sen_max must be within -64 to 63: property 0x004f (Present Ambient Temperature) has "
       "no more",
       "2 | ValueError | sen_min and sen_max must be within -64 to 63: property 0x004f (Present Ambient Temperature) has "
       "no more",
       "3 | ValueError | sen_min, sen_max and sen_res: property 0x0002 (Average Input Current) is no single number",
       "4 | TypeError | add_model takes property_id or prop_id, not both",
       "5 | TypeError | property_id must be an int, not str",
       "6 | TypeError | value must be a number, not str",
       "7 | ValueError | property_id must be 1 to 65535",
       "8 | RuntimeError | the element has a SENSOR server of property 0x004f already",
       "9 | ValueError | state must be a finite number",
       "10 | ValueError | state must be a finite number",
       "11 | TypeError | state must be a number, not str",
       "12 | TypeError | state must be a number, not bytes",
       "13 | TypeError | state must be a number, not list",
       "14 | RuntimeError | ack, transition and delay are a client's",
       "15 | TypeError | state must be a number, not NoneType",
       "16 | RuntimeError | the element has a SENSOR server of property 0x0056 already",
       "17 | ValueError | state must be True or False, not 2"])

    def test_the_first_value_of_every_property_can_be_set_again(self):
        script = NODE + """
for property_id in range({}, {}):
    if property_id % 16 == 0: element = M.create_element(primary=False)
    try:
        m = element.add_model(M.SENSOR, property_id=property_id)
    except ValueError:
        print("none", property_id); continue
    state = m.get_state()
    m.set_state(state)
    if m.get_state() != state: print(property_id, state, m.get_state())
"""
        scripts = {f"from_{i}": script.format(max(i, 1), min(i + 32, 0xb8)) for i in range(0, 0xb8, 32)}
        events = self.run_boards(**scripts)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual(sorted(texts(events)), sorted(f"none {i}" for i in range(0x7a, 0x80)))

    def test_several_sensors_of_an_element_are_heard_each_by_its_model(self):
        server = NODE + """
humidity = element.add_model(M.SENSOR, property_id=0x76, value=40)
cold = element.add_model(M.SENSOR, property_id=0x4f, value=-5)
old = element.add_model(M.SENSOR, value=20.3)
M.init("x")
time.sleep(5); cold.status_state(3)
"""
        client = NODE + """
def add(name, **how):
    return element.add_model(M.SENSOR, M.CLIENT, callback=lambda *a: print(name, *a), **how)
cold = add("cold", property_id=0x4f); old = add("old"); humidity = add("humidity", property_id=0x76)
noise = add("noise", property_id=0x79)
M.init("x")
time.sleep(2); humidity.get_state(2); cold.get_state(2)
time.sleep(1); noise.get_state(2)
time.sleep(1); old.get_state(2)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, "exception"), [])
        heard = texts(events, board="client")
        self.assertEqual(sorted(heard[:2]), ["cold -5.0 0 82", "humidity 40.0 0 82"])
        self.assertEqual(heard[2], "noise None 0 82")
        # The original boards are asked for all there is.
        self.assertEqual(sorted(heard[3:6]), ["cold -5.0 2 82", "humidity 40.0 2 82", "old 20.3 0 82"])
        self.assertEqual(heard[6:], ["cold -5.0 2 82"])


    def test_a_client_of_the_original_boards_hears_one_octet_too(self):
        server = NODE + """
m = element.add_model(M.SENSOR, property_id=0x56, value=21.5)
M.init("x")
"""
        client = CLIENT + """
m = element.add_model(M.SENSOR, M.CLIENT, callback=heard)
M.init("x")
time.sleep(2); m.get_state(2)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events), ["21.5 0 0x52"])


class States(ScriptTest):
    def test_descriptor(self):
        server = NODE + TRY + """
m = element.add_model(M.SENSOR, property_id=0x4f)
D = M.STATE_SEN_DESCRIPTOR
print(m.get_state(state_type=D))
m.set_state({"positive_tolerance": 1, "negative_tolerance": 0.5, "sampling_function": 3, "measurement_period": 60,
             "update_interval": 1}, state_type=D)
print(m.get_state(state_type=M.SEN_DESCRIPTOR))
m.set_state({"update_interval": None}, state_type=D)
tried(1, m.set_state, {"tolerance": 1}, state_type=D)
tried(2, m.set_state, {"sampling_function": 8}, state_type=D)
tried(3, m.set_state, {"positive_tolerance": 101}, state_type=D)
tried(4, m.set_state, 5, state_type=D)
M.init("x")
time.sleep(4); m.status_state(3, state_type=D)
"""
        client = CLIENT + """
m = element.add_model(M.SENSOR, M.CLIENT, callback=heard, property_id=0x4f)
n = element.add_model(M.SENSOR, M.CLIENT, callback=heard, property_id=0x76)
M.init("x")
time.sleep(2); m.get_state(2, state_type=M.STATE_SEN_DESCRIPTOR)
time.sleep(1); n.get_state(2, state_type=M.STATE_SEN_DESCRIPTOR)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        shape = ("{{'positive_tolerance': {}, 'negative_tolerance': {}, 'sampling_function': {}, "
                 "'measurement_period': {}, 'update_interval': {}}}").format
        self.assertEqual(texts(events, board="server"), [
            shape(None, None, 0, None, None),
            shape(1.0, 0.49, 3, 60.24, 1.0),
            "1 | ValueError | state: there is no key tolerance",
            "2 | ValueError | sampling_function must be 0 to 7, not 8",
            "3 | ValueError | positive_tolerance must be 0 to 100, not 101",
            "4 | TypeError | state must be a dict, not int"])
        told = shape(1.0, 0.49, 3, 60.24, None)
        self.assertEqual(texts(events, board="client"), [told + " 0 0x51", "None 0 0x51", told + " 2 0x51"])

    def test_columns_and_series(self):
        server = NODE + TRY + """
m = element.add_model(M.SENSOR, property_id=0x64)
S, C = M.STATE_SEN_SERIES, M.STATE_SEN_COLUMN
print(m.get_state(state_type=S))
m.set_state([(20, 10, 25), (-10, 30, 75)], state_type=S)
m.set_state((30, 5, None), state_type=C)
print(m.get_state(state_type=S), m.get_state(state_type=C, x=20), m.get_state(state_type=C, x=21))
tried(1, m.get_state, state_type=C)
tried(2, m.set_state, [(1, 2)], state_type=S)
tried(3, m.set_state, 5, state_type=S)
tried(4, m.set_state, (1, 2, 101), state_type=C)
t = element.add_model(M.SENSOR, property_id=0x11)
tried(5, t.get_state, state_type=S)
M.init("x")
time.sleep(7); m.status_state(3, state_type=S); time.sleep(1); m.status_state(3, state_type=C, x=30)
"""
        client = CLIENT + """
m = element.add_model(M.SENSOR, M.CLIENT, callback=heard, property_id=0x64)
S, C = M.STATE_SEN_SERIES, M.STATE_SEN_COLUMN
M.init("x")
time.sleep(2); m.get_state(2, state_type=S)
time.sleep(1); m.get_state(2, state_type=S, x=(-20, 20))
time.sleep(1); m.get_state(2, state_type=C, x=-10)
time.sleep(1); m.get_state(2, state_type=C, x=11)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual(texts(events, board="server"), [
            "()",
            "((-10.0, 30.0, 75.0), (20.0, 10.0, 25.0), (30.0, 5.0, None)) (20.0, 10.0, 25.0) None",
            "1 | TypeError | STATE_SEN_COLUMN needs x",
            "2 | ValueError | a column must be a tuple (x, width, y)",
            "3 | TypeError | state must be a list of at most 128 columns (x, width, y)",
            "4 | ValueError | y must be 0 to 100, not 101",
            "5 | RuntimeError | state_type: property 0x0011 has no columns"])
        self.assertEqual(texts(events, board="client"), [
            "((-10.0, 30.0, 75.0), (20.0, 10.0, 25.0), (30.0, 5.0, None)) 0 0x54",
            "((-10.0, 30.0, 75.0), (20.0, 10.0, 25.0)) 0 0x54",
            "(-10.0, 30.0, 75.0) 0 0x53",
            "None 0 0x53",
            "((-10.0, 30.0, 75.0), (20.0, 10.0, 25.0), (30.0, 5.0, None)) 2 0x54",
            "(30.0, 5.0, None) 2 0x53"])

    def test_original_boards_have_columns_too(self):
        self.assertEqual(self.prints(NODE + """
m = element.add_model(M.SENSOR, sen_min=-50, sen_max=50)
m.set_state([(-20, 5.5, 10.1)], state_type=M.STATE_SEN_SERIES)
print(m.get_state(state_type=M.STATE_SEN_SERIES))
"""), ["((-20.0, 5.5, 10.1),)"])


CADENCE = ("{{'fast_cadence_divisor': {}, 'trigger_type': '{}', 'trigger_delta_down': {}, 'trigger_delta_up': {}, "
           "'min_interval': {}, 'fast_cadence_low': {}, 'fast_cadence_high': {}}}").format


class Setup(ScriptTest):
    def test_cadence_is_set_and_told(self):
        server = NODE + TRY + """
s = element.add_model(M.SENSOR, property_id=0x4f)
m = element.add_model(M.SENSOR_SETUP, property_id=0x4f, callback=lambda *a: print(*a, m.last_message.source))
m.set_state({"min_interval": 1, "trigger_delta_up": 2.5})
print(m.get_state())
tried(1, m.set_state, {"fast_cadence_divisor": 3})
tried(2, m.set_state, {"trigger_type": "x"})
tried(3, m.set_state, {"min_interval": 1e6})
tried(4, m.get_state, state_type=M.STATE_SEN)
M.init("x")
"""
        client = CLIENT + """
m = element.add_model(M.SENSOR_SETUP, M.CLIENT, callback=heard, property_id=0x4f)
M.init("x")
time.sleep(2); m.get_state(2)
time.sleep(1); m.set_state({"fast_cadence_divisor": 4, "trigger_type": "percent", "trigger_delta_down": 5}, 2)
time.sleep(1); m.set_state({"fast_cadence_low": 30, "fast_cadence_high": 20}, 2, ack=False)
time.sleep(1); m.set_state({}, 0x77)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client, seconds=12)
        self.assertEqual(texts(events, "exception"), [])
        first = CADENCE(1, "value", 0.0, 2.5, 1.024, 0.0, 0.0)
        second = CADENCE(4, "percent", 5.0, 0.0, 0.001, 0.0, 0.0)
        third = CADENCE(1, "value", 0.0, 0.0, 0.001, 30.0, 20.0)
        self.assertEqual(texts(events, board="server"), [
            first,
            "1 | ValueError | fast_cadence_divisor must be a power of two, not 3",
            '2 | ValueError | trigger_type must be "value" or "percent"',
            "3 | ValueError | min_interval must be 0 to 67108.9, not 1e+06",
            "4 | RuntimeError | state_type: a SENSOR_SETUP server has no state 18",
            second + " 0 85 3", third + " 0 86 3"])
        self.assertEqual(texts(events, board="client"), [first + " 0 0x57", second + " 1 0x57", "None 3 0x0"])

    def test_settings(self):
        server = NODE + TRY + """
m = element.add_model(M.SENSOR_SETUP, property_id=0x4f, callback=lambda *a: print(*a))
LIST, ONE = M.STATE_SEN_SET_SETTINGS, M.STATE_SEN_SET_SETTING
print(m.get_state(state_type=LIST))
m.set_state({0x75: 20.25, 0x11: {"value": "Acme", "writable": False}}, state_type=LIST)
m.set_state(7, state_type=ONE, setting_id=0x43)
print(m.get_state(state_type=M.SEN_SETTINGS))
for i in 0x11, 0x43, 0x75, 0x76: print(m.get_state(state_type=M.SEN_SETTING, setting_id=i))
tried(1, m.get_state, state_type=ONE)
tried(2, m.set_state, 1, state_type=ONE, setting_id=0x1234)
tried(3, m.set_state, {"x": 1}, state_type=LIST)
tried(4, m.set_state, "x", state_type=ONE, setting_id=0x75)
tried(5, m.set_state, {0x75: 1, 0x76: "x"}, state_type=LIST)
tried(6, m.set_state, {i: 1 for i in range(0x71, 0x7a)}, state_type=LIST)
M.init("x")
time.sleep(10); m.status_state(3, state_type=ONE, setting_id=0x43); m.status_state(3, state_type=LIST)
"""
        client = CLIENT + """
m = element.add_model(M.SENSOR_SETUP, M.CLIENT, callback=heard, property_id=0x4f)
LIST, ONE = M.STATE_SEN_SET_SETTINGS, M.STATE_SEN_SET_SETTING
M.init("x")
time.sleep(2); m.get_state(2, state_type=LIST)
time.sleep(1); m.get_state(2, state_type=ONE, setting_id=0x75)
time.sleep(1); m.set_state(-3.5, 2, state_type=ONE, setting_id=0x75)
time.sleep(1); m.set_state("Evil", 2, state_type=ONE, setting_id=0x11)
time.sleep(1); m.get_state(2, state_type=ONE, setting_id=0x76)
time.sleep(1); m.set_state(0, 2, state_type=ONE, setting_id=0x75, ack=False)
try: m.set_state({}, 2, state_type=LIST)
except RuntimeError as e: print(e)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client, seconds=12)
        self.assertEqual(texts(events, "exception"), [])
        shape = "{{'setting_id': {}, 'writable': {}, 'value': {}}}".format
        self.assertEqual(texts(events, board="server"), [
            "()", "(17, 67, 117)", shape(17, False, "'Acme'"), shape(67, True, 7.0), shape(117, True, 20.25), "None",
            "1 | TypeError | STATE_SEN_SET_SETTING needs setting_id",
            "2 | ValueError | setting_id: there is no device property 0x1234",
            "3 | TypeError | setting_id must be an int, not str",
            "4 | TypeError | state must be a number, not str",
            "5 | TypeError | state must be a number, not str",
            "6 | RuntimeError | too many settings: a sensor has 8 at most",
            shape(117, True, -3.5) + " 0 89", shape(117, True, 0.0) + " 0 90"])
        self.assertEqual(texts(events, board="client"), [
            "(17, 67, 117) 0 0x58",
            shape(117, True, 20.25) + " 0 0x5b",
            shape(117, True, -3.5) + " 1 0x5b",
            "None 1 0x5b",
            "None 0 0x5b",
            "a SENSOR_SETUP client has nothing to set but STATE_SEN_SET_CADENCE and STATE_SEN_SET_SETTING",
            shape(67, True, 7.0) + " 2 0x5b",
            "(17, 67, 117) 2 0x58"])

    def test_a_setup_server_brings_its_sensor_along_and_both_clients_share_one_ear(self):
        server = NODE + """
m = element.add_model(M.SENSOR_SETUP, value=12.5)
M.init("x")
"""
        client = CLIENT + """
s = element.add_model(M.SENSOR, M.CLIENT, callback=lambda *a: print("sensor", *a))
m = element.add_model(M.SENSOR_SETUP, M.CLIENT, callback=lambda *a: print("setup", *a))
M.init("x")
time.sleep(2); m.get_state(2)
time.sleep(1); s.get_state(2, state_type=M.STATE_SEN_SET_SETTINGS)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events), [
            "setup " + CADENCE(1, "value", 0.0, 0.0, 0.001, -100.0, -100.0) + " 0 87", "sensor () 0 88"])

    def test_a_setup_without_a_property_is_that_of_the_only_sensor_before_it(self):
        server = NODE + """
s = element.add_model(M.SENSOR, property_id=0x4f, value=20)
m = element.add_model(M.SENSOR_SETUP, callback=lambda *a: print(*a))
M.init("x")
"""
        client = CLIENT + """
s = element.add_model(M.SENSOR, M.CLIENT, property_id=0x4f)
m = element.add_model(M.SENSOR_SETUP, M.CLIENT, callback=heard)
M.init("x")
time.sleep(2); m.set_state({"trigger_delta_up": 2.5, "fast_cadence_low": 30}, 2)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, "exception"), [])
        cadence = CADENCE(1, "value", 0.0, 2.5, 0.001, 30.0, 0.0)
        self.assertEqual(texts(events, board="server"), [cadence + " 0 85"])
        self.assertEqual(texts(events, board="client"), [cadence + " 1 0x57"])


class Publishing(ScriptTest):
    CLIENT = NODE + """
m = element.add_model(M.SENSOR, M.CLIENT, callback=lambda *a: print(round(now(), 1), *a), {})
M.init("x")
"""

    def test_each_change_is_published_until_a_cadence_is_set(self):
        server = NODE + """
s = element.add_model(M.SENSOR, property_id=0x4f, value=20)
m = element.add_model(M.SENSOR_SETUP, property_id=0x4f)
M.init("x")
time.sleep(2); s.publish(3)
time.sleep(1); s.set_state(20)
time.sleep(1); s.set_state(20.5)
time.sleep(1); m.set_state({"trigger_delta_up": 2, "trigger_delta_down": 1})
time.sleep(1); s.set_state(21)
time.sleep(1); s.set_state(22.5)
time.sleep(1); s.set_state(21.5)
"""
        events = self.run_boards("--mesh", 1, server=server, client=self.CLIENT.format("property_id=0x4f"))
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual([(round(e.at), e.text.split(" ", 1)[1]) for e in events if e.kind == "print"],
                         [(4, "20.5 2 82"), (5, "20.5 2 82"), (7, "22.5 2 82"), (8, "21.5 2 82")])

    def test_the_original_boards_values_have_a_cadence_too(self):
        server = NODE + """
s = element.add_model(M.SENSOR, sen_min=-50, sen_max=50, value=0)
m = element.add_model(M.SENSOR_SETUP)
m.set_state({"trigger_delta_up": 5, "trigger_delta_down": 5, "min_interval": 0.5})
M.init("x")
time.sleep(2); s.publish(3)
for v in 1, 4.9, 5.5, 20, 16, 15: s.set_state(v); time.sleep(1)
"""
        client = self.CLIENT.format("sen_min=-50, sen_max=50")
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual([e.text.split(" ", 1)[1] for e in events if e.kind == "print"],
                         ["1.0 2 82", "20.0 2 82", "15.0 2 82"])


if __name__ == "__main__":
    main()
