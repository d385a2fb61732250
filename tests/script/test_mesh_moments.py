"""When callbacks come and with which event: acknowledged Sets, transitions, what a reset keeps, publish addresses."""

from runner import NODE, ScriptTest, main, texts
from test_mesh_api import TRY

LAMP = NODE + """
m = element.add_model({type}, callback=lambda *a: print(round(now(), 1), *a))
M.init("x")
"""
SWITCH = NODE + """
m = element.add_model({type}, M.CLIENT, callback=lambda *a: print(round(now()), *a, m.last_message and m.last_message.source))
M.init("x")
time.sleep(2)
"""


class PairTest(ScriptTest):
    def run_pair(self, type, switch, lamp="", seconds=12):
        events = self.run_boards("--mesh", 1, lamp=LAMP.format(type=type) + lamp,
                                 switch=SWITCH.format(type=type) + switch, seconds=seconds)
        self.assertEqual(texts(events, "exception"), [])
        return texts(events, board="lamp"), texts(events, board="switch")


class Sets(PairTest):
    def test_an_acknowledged_set_is_answered_or_times_out(self):
        lamp, switch = self.run_pair("M.GEN_ONOFF", """
m.set_state(True, 2, ack=True)
time.sleep(1); m.set_state(False, 2, ack=False)
time.sleep(1); m.set_state(True, 0x77, ack=True); m.get_state(2)
""")
        self.assertEqual([line.split(" ", 1)[1] for line in lamp], ["True 0 33282", "False 0 33283"])
        self.assertEqual(switch, ["2 True 1 33284 2", "4 False 0 33284 2", "9 None 3 0 None"])

    def test_an_acknowledged_set_to_many_is_answered_by_each(self):
        lamp, switch = self.run_pair("M.GEN_ONOFF", "m.set_state(True, ack=True)\n")
        self.assertEqual(switch, ["2 True 1 33284 2"])

    def test_level_delta_and_move_may_be_acknowledged(self):
        lamp, switch = self.run_pair("M.GEN_LEVEL", """
m.set_state(100, 2, ack=True)
time.sleep(1); m.set_state(-30, 2, 0, M.STATE_LEVEL_DELTA, ack=True)
time.sleep(1); m.set_state(0, 2, state_type=M.STATE_LEVEL_MOVE, ack=True)
""")
        self.assertEqual(switch, ["2 100 1 33288 2", "3 70 1 33288 2", "4 70 1 33288 2"])

    def test_every_set_calls_even_if_nothing_changes(self):
        lamp, switch = self.run_pair("M.GEN_ONOFF", "m.set_state(True, 2); time.sleep(1); m.set_state(True, 2)\n")
        self.assertEqual([line.split(" ", 1)[1] for line in lamp], ["True 0 33283", "True 0 33283"])

    def test_a_get_to_the_publish_address_is_answered_or_times_out(self):
        lamp, switch = self.run_pair("M.GEN_ONOFF", """
m.publish(2); m.get_state(M.ADDR_PUBLISH)
time.sleep(1); m.publish(0x77); m.set_state(True, M.ADDR_PUBLISH, ack=True)
time.sleep(6); m.publish(0xc001); m.get_state(M.ADDR_PUBLISH)
""", "time.sleep(5); m.subscribe(0xc001)\n")
        self.assertEqual(switch, ["2 False 0 33284 2", "8 None 3 0 None", "9 False 0 33284 2"])

    def test_wrong_manners_are_named(self):
        out = self.prints(NODE + TRY + """
s = element.add_model(M.GEN_ONOFF); c = element.add_model(M.GEN_ONOFF, M.CLIENT)
l = element.add_model(M.GEN_LEVEL, M.CLIENT); x = element.add_model(M.SENSOR_SETUP, M.CLIENT)
M.init("x")
time.sleep(2)
tried(1, s.set_state, True, transition=1)
tried(2, s.set_state, True, ack=True)
tried(3, c.set_state, True, 3, transition=-1)
tried(4, c.set_state, True, 3, transition=40000)
tried(5, c.set_state, True, 3, delay=2)
tried(6, c.set_state, True, 3, delay="x")
tried(7, c.set_state, True, 3, ack=5)
tried(8, x.set_state, {}, 3, transition=1)
tried(9, l.get_state, 3, state_type=M.STATE_LEVEL_MOVE)
tried(10, l.set_state, 1 << 20, 3, state_type=M.STATE_LEVEL_MOVE)
tried(11, c.set_state, float("nan"), 3)
tried(12, c.set_state, None, 3)
tried(13, l.set_state, "x", 3)
for i in range(64): c.get_state(0x100)
tried(14, c.get_state, 0x100)
""", "--mesh", 1, seconds=4)
        self.assertEqual(out, [
            "1 | RuntimeError | ack, transition and delay are a client's",
            "2 | RuntimeError | ack, transition and delay are a client's",
            "3 | ValueError | transition must be 0 to 37200 seconds, not -1",
            "4 | ValueError | transition must be 0 to 37200 seconds, not 40000",
            "5 | ValueError | delay must be 0 to 1.275 seconds, not 2",
            "6 | TypeError | delay must be a number, not str",
            "7 | ValueError | ack must be True or False, not 5",
            "8 | RuntimeError | transition: a sensor's states have none",
            "9 | RuntimeError | state_type: this state can only be set",
            "10 | ValueError | state must be -32768 to 32767, not 1048576",
            "11 | TypeError | state must be a bool, not float",
            "12 | TypeError | state must be a bool, not NoneType",
            "13 | TypeError | state must be an int, not str",
            "14 | RuntimeError | too many requests wait for their answer: 64 at most"])


class Transitions(PairTest):
    def test_on_flips_at_once_and_off_at_the_end(self):
        lamp, switch = self.run_pair("M.GEN_ONOFF", """
m.set_state(True, 2, transition=2)
time.sleep(4); m.set_state(False, 2, transition=1.5)
""", "while now() < 8:\n  time.sleep(0.1)\n  if not m.get_state() and now() > 6.5: print('off', round(now(), 1)); break\n")
        self.assertEqual([line for line in lamp if "off" not in line], ["2.0 True 0 33283", "7.5 False 0 33283"])
        self.assertIn([line for line in lamp if "off" in line], (["off 7.5"], ["off 7.6"]))

    def test_a_delay_comes_first(self):
        lamp, switch = self.run_pair("M.GEN_ONOFF", "m.set_state(True, 2, delay=1)\n")
        self.assertEqual(lamp, ["3.0 True 0 33283"])

    def test_a_level_is_told_on_its_way_at_most_every_100_ms_and_at_its_target(self):
        lamp, switch = self.run_pair("M.GEN_LEVEL", "m.set_state(1000, 2, transition=1)\n")
        times = [float(line.split()[0]) for line in lamp]
        levels = [int(line.split()[1]) for line in lamp]
        self.assertEqual(levels, sorted(levels))
        self.assertEqual((times[-1], levels[-1]), (3.0, 1000))
        self.assertIn(len(levels), (10, 11))

    def test_a_move_ends_at_the_ranges_end(self):
        lamp, switch = self.run_pair("M.GEN_LEVEL", """
m.set_state(30000, 2)
time.sleep(1); m.set_state(1000, 2, state_type=M.STATE_LEVEL_MOVE, transition=0.5)
""")
        self.assertEqual(lamp[0], "2.0 30000 0 33287")
        self.assertEqual(lamp[-1], "4.4 32767 0 33292")
        self.assertLess(len(lamp), 18)


class Reset(ScriptTest):
    def test_states_stay_and_keys_bindings_publications_and_subscriptions_go(self):
        events = self.run_boards("--mesh", 1, s=NODE + TRY + """
o = element.add_model(); l = element.add_model(M.GEN_LEVEL); s = element.add_model(M.SENSOR, property_id=0x4f)
x = element.add_model(M.SENSOR_SETUP, property_id=0x4f)
c = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print("client", *a))
M.init("x")
M.set_node_prov(M.PROV_ADV)
time.sleep(2)
for m in o, l, s: m.subscribe(0xc001); m.publish(0xc002)
o.set_state(True); l.set_state(-5); s.set_state(21.5); x.set_state({"min_interval": 1})
c.get_state(0x77)
M.reset_node_prov()
print(o.get_state(), l.get_state(), s.get_state(), x.get_state()["min_interval"])
tried(1, o.subscribe, 0xc001)
tried(2, c.set_state, True, 2)
tried(3, s.status_state, 2)
time.sleep(8)
""", seconds=12)
        self.assertEqual(texts(events), [
            "True -5 21.5 1.024",
            "1 | RuntimeError | the node is not provisioned",
            "2 | RuntimeError | the node is not provisioned",
            "3 | RuntimeError | the node is not provisioned"])
        self.assertEqual(texts(events, "prov")[-2:], ["reset", "beaconing"])


class Ranges(ScriptTest):
    def test_each_model_has_its_own_range_and_steps(self):
        server = NODE + """
a = element.add_model(M.SENSOR, sen_min=0, sen_max=10, sen_res=0.5, value=7.3)
b = M.create_element(primary=False).add_model(M.SENSOR, sen_min=-1000, sen_max=1000, sen_res=0.01, value=123.456)
print(a.get_state(), b.get_state())
M.init("x")
"""
        client = NODE + """
def add(element, **how):
    return element.add_model(M.SENSOR, M.CLIENT, callback=lambda *a: print(*a), **how)
a = add(element, sen_min=0, sen_max=10, sen_res=0.5)
b = add(M.create_element(primary=False), sen_min=-1000, sen_max=1000, sen_res=0.1)
M.init("x")
time.sleep(2); a.get_state(2); time.sleep(1); b.get_state(3)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, board="server"), ["7.5 123.46"])
        self.assertEqual(texts(events, board="client"), ["7.5 0 82", "123.5 0 82"])


class Publishing(PairTest):
    def test_a_level_publishes_its_changes(self):
        lamp, switch = self.run_pair("M.GEN_LEVEL", "time.sleep(2); m.set_state(5, 2)\n",
                                     "time.sleep(2); m.publish(0xc001); m.set_state(7); m.publish(3); m.set_state(8)\n")
        self.assertEqual(switch, ["2 8 2 33288 2", "4 5 2 33288 2"])


class OneNode(ScriptTest):
    def test_gets_and_sets_between_models_of_one_node_are_answered(self):
        out = self.prints(NODE + """
s = element.add_model(M.GEN_LEVEL, value=3)
c = element.add_model(M.GEN_LEVEL, M.CLIENT, callback=lambda *a: print(*a, c.last_message.source))
n = element.add_model(M.SENSOR, property_id=0x4f, value=19)
d = element.add_model(M.SENSOR, M.CLIENT, property_id=0x4f, callback=lambda *a: print(*a))
M.init("x")
time.sleep(2)
c.get_state(2); time.sleep(0.5)
c.set_state(9, 2, ack=True); time.sleep(0.5)
d.get_state(2)
""", "--mesh", 1)
        self.assertEqual(out, ["3 0 33288 2", "9 1 33288 2", "19.0 0 82"])


if __name__ == "__main__":
    main()
