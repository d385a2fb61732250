"""BLE_Mesh beyond the tutorial: secondary elements, labels, subscriptions, publication, what is known of a message."""

from runner import NODE, ScriptTest, main, texts
from test_mesh_api import TRY

LABEL = 'b"sixteen octets.."'


class Elements(ScriptTest):
    def test_what_is_the_nodes_is_not_a_secondary_elements(self):
        self.assertEqual(self.prints(NODE + TRY + """
c = M.create_element
tried(1, c, primary=False, feature=0)
tried(2, c, primary=False, beacon=True)
tried(3, c, primary=False, ttl=7)
tried(4, c, primary=True)
for i in range(7): c(primary=False)
tried(5, c, primary=False)
M.init()
tried(6, c, primary=False)
"""), [
            "1 | ValueError | feature is the node's: it is given with the primary element",
            "2 | ValueError | beacon is the node's: it is given with the primary element",
            "3 | ValueError | ttl is the node's: it is given with the primary element",
            "4 | RuntimeError | primary: there is a primary element already",
            "5 | RuntimeError | primary: too many elements: 8 at most",
            "6 | RuntimeError | elements must be created before init"])

    def test_a_secondary_element_alone_is_no_node(self):
        self.assertEqual(self.prints(NODE.replace("primary=True", "primary=False") + TRY + "tried(1, M.init)\n"),
                         ["1 | RuntimeError | there is no primary element: call create_element before init"])

    def test_each_element_has_its_address_and_its_models(self):
        lamps = NODE + """
second = M.create_element(primary=False)
third = M.create_element(primary=False)
third.add_model(callback=lambda *a: print("third", *a))
element.add_model(callback=lambda *a: print("first", *a))
second.add_model(M.SENSOR)
second.add_model(callback=lambda *a: print("second", *a))
M.init("x")
"""
        switch = NODE + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT)
M.init("x")
time.sleep(2)
for addr in 4, 3, 2, M.ADDR_ALL_NODES:
    m.set_state(True, addr); time.sleep(1)
"""
        events = self.run_boards("--mesh", 1, lamps=lamps, switch=switch)
        self.assertEqual(texts(events, board="lamps"),
                         ["third True 0 33283", "second True 0 33283", "first True 0 33283", "first True 0 33283"])


class Answers(ScriptTest):
    def test_who_asks_nobody_hears_so_however_often_he_asks(self):
        switch = NODE + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print(round(now()), *a))
M.init("x")
time.sleep(2)
for i in range(8):
    m.get_state(0x0077); time.sleep(1)
"""
        events = self.run_boards("--mesh", 1, seconds=15, switch=switch)
        self.assertEqual(texts(events), [f"{second} None 3 0" for second in range(7, 15)])


class Addresses(ScriptTest):
    def test_groups_and_labels_reach_those_subscribed(self):
        lamp = NODE + f"""
m = element.add_model(callback=lambda state, *a: print(round(now()), state))
M.init("x")
time.sleep(2); m.subscribe(0xc005); m.subscribe({LABEL})
time.sleep(3); m.unsubscribe(0xc005); m.unsubscribe({LABEL})
"""
        switch = NODE + f"""
m = element.add_model(M.GEN_ONOFF, M.CLIENT)
M.init("x")
time.sleep(3); m.set_state(True, 0xc005)
time.sleep(1); m.set_state(False, {LABEL}); m.set_state(True, b"another label...")
time.sleep(2); m.set_state(True, 0xc005); m.set_state(True, {LABEL})
"""
        events = self.run_boards("--mesh", 1, lamp=lamp, switch=switch)
        self.assertEqual(texts(events), ["3 True", "4 False"])

    def test_a_client_publishes_to_a_label(self):
        lamp = NODE + f"""
m = element.add_model(callback=lambda *a: print(*a))
M.init("x")
time.sleep(2); m.subscribe({LABEL})
"""
        switch = NODE + f"""
m = element.add_model(M.GEN_ONOFF, M.CLIENT)
M.init("x")
time.sleep(3); m.publish(addr_or_label={LABEL}); m.set_state(True, M.ADDR_PUBLISH)
"""
        events = self.run_boards("--mesh", 1, lamp=lamp, switch=switch)
        self.assertEqual(texts(events), ["True 0 33283"])

    def test_a_server_publishes_its_changes_and_at_its_period(self):
        lamp = NODE + """
m = element.add_model()
M.init("x")
time.sleep(2); m.publish(3)
time.sleep(1); m.set_state(True)
time.sleep(1); m.publish(3, period=2, ttl=5)
time.sleep(5); m.publish(None)
time.sleep(1); m.set_state(False)
"""
        switch = NODE + """
times = []
def heard(*a):
    times.append(now())
    print(*a, m.last_message.ttl, round(times[-1] - times[-2], 1) if len(times) == 3 else "")
m = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=heard)
M.init("x")
"""
        events = self.run_boards("--mesh", 1, lamp=lamp, switch=switch, seconds=20)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual(texts(events), ["True 2 33284 7 ", "True 2 33284 5 ", "True 2 33284 5 2.0"])

    def test_wrong_addresses_and_publications_are_named(self):
        out = self.prints(NODE + TRY + f"""
m = element.add_model(); c = element.add_model(M.GEN_ONOFF, M.CLIENT)
tried(1, m.subscribe, 0xc000)
M.init("x")
tried(2, m.subscribe, 0xc000)
tried(3, m.publish, 0xc000)
time.sleep(2)
tried(4, m.subscribe, 5)
tried(5, m.subscribe, M.ADDR_ALL_NODES)
tried(6, m.subscribe, "x")
tried(7, m.unsubscribe, b"")
tried(8, m.subscribe, 0x8001)
tried(9, m.publish, 0)
tried(10, m.publish, 3, period=-1)
tried(11, m.publish, 3, period="x")
tried(12, m.publish, 3, period=40000)
tried(13, m.publish, 3, ttl=1)
tried(14, m.publish, 3, app_idx=5)
tried(15, m.publish, 3, app_idx=5000)
tried(16, c.publish, 3, period=1)
for i in range(8): m.subscribe(0xc000 + i)
m.subscribe(0xc000)
tried(17, m.subscribe, 0xc008)
for i in range(4): c.subscribe(bytes([i]) * 16)
tried(18, c.subscribe, bytes(range(16)))
tried(19, m.publish, bytes(range(16)))
tried(20, m.publish)
""", "--mesh", 1, seconds=3)
        self.assertEqual(out, [
            "1 | RuntimeError | BLE_Mesh is not initialised: call init first",
            "2 | RuntimeError | the node is not provisioned",
            "3 | RuntimeError | the node is not provisioned",
            "4 | ValueError | addr_or_label must be a group address (0xc000 to 0xfffe) or a label, not 0x0005",
            "5 | ValueError | addr_or_label must be a group address (0xc000 to 0xfffe) or a label, not 0xffff",
            "6 | TypeError | addr_or_label must be an address (an int) or a label of 16 bytes, not str",
            "7 | ValueError | addr_or_label: a label has 16 bytes, not 0",
            "8 | ValueError | addr_or_label: no label is known for virtual address 0x8001; give the 16-byte label",
            "9 | ValueError | addr_or_label must not be 0; None ends the publication",
            "10 | ValueError | period must be 0 or 0.1 to 37800 seconds, not -1",
            "11 | TypeError | period must be a number, not str",
            "12 | ValueError | period must be 0 or 0.1 to 37800 seconds, not 40000",
            "13 | ValueError | ttl must be 0 or 2 to 127, not 1",
            "14 | RuntimeError | the model is not bound to application key app_idx=5",
            "15 | ValueError | app_idx must be 0 to 4095, not 5000",
            "16 | RuntimeError | period: this model publishes nothing by itself",
            "17 | RuntimeError | addr_or_label: there is no room for another subscription",
            "18 | RuntimeError | addr_or_label: there is no room for another subscription",
            "19 | RuntimeError | addr_or_label: there is no room for another label",
            "20 | None"])


class Level(ScriptTest):
    def test_set_delta_move_and_get(self):
        server = NODE + """
m = element.add_model(M.GEN_LEVEL, value=5, callback=lambda *a: print(*a))
print(m.get_state())
m.set_state(-7); m.set_state(3, state_type=M.STATE_LEVEL_DELTA)
M.init("x")
"""
        client = NODE + """
m = element.add_model(M.GEN_LEVEL, M.CLIENT, callback=lambda *a: print(*a))
M.init("x")
time.sleep(2); m.set_state(1000, 2)
time.sleep(1); m.set_state(-40000, 2, state_type=M.STATE_LEVEL_DELTA)
time.sleep(1); m.get_state(2)
time.sleep(1); m.set_state(100, 2, state_type=M.STATE_LEVEL_MOVE)
time.sleep(1); m.set_state(0, 2, state_type=M.STATE_LEVEL_MOVE)
"""
        events = self.run_boards("--mesh", 1, server=server, client=client)
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual(texts(events, board="client"), ["-32768 0 33288"])
        heard = texts(events, board="server")
        self.assertEqual(heard[:5], ["5", "-7 0 0", "-4 0 0", "1000 0 33287", "-32768 0 33290"])
        self.assertIn(len(heard), (15, 16), heard)
        levels = [int(line.split()[0]) for line in heard[4:]]
        self.assertEqual(levels, sorted(levels))
        self.assertIn(levels[-1], range(-32670, -32660))

    def test_what_cannot_be_had_is_said(self):
        self.assertEqual(self.prints(NODE + TRY + """
m = element.add_model(M.GEN_LEVEL)
tried(1, m.set_state, 40000)
tried(2, m.set_state, 1.5)
tried(3, m.get_state, state_type=M.STATE_LEVEL_DELTA)
tried(4, m.set_state, 1, state_type=M.STATE_LEVEL_MOVE)
tried(5, m.get_state, state_type=M.STATE_ONOFF)
"""), [
            "1 | ValueError | state must be -32768 to 32767, not 40000",
            "2 | TypeError | state must be an int, not float",
            "3 | RuntimeError | state_type: this state can only be set",
            "4 | RuntimeError | state_type: STATE_LEVEL_MOVE is a client's to set",
            "5 | RuntimeError | state_type: a GEN_LEVEL server has no state 0"])


class LastMessage(ScriptTest):
    def test_a_callback_knows_the_message_behind_it(self):
        lamp = NODE + f"""
m = element.add_model(callback=lambda *a: print(m.last_message))
print(m.last_message)
M.init("x")
time.sleep(2); m.subscribe(0xc005)
time.sleep(3); m.set_state(False)
"""
        switch = NODE.replace("primary=True", "primary=True, ttl=9") + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT)
M.init("x")
time.sleep(3); m.set_state(True, 0xc005)
"""
        events = self.run_boards("--mesh", 1, lamp=lamp, switch=switch)
        self.assertEqual(texts(events)[::2], ["None", "None"])
        self.assertRegex(texts(events)[1], r"^BLE_Mesh.BLE_Mesh_Message\(source=3, destination=49157, rssi=-\d+, "
                                           r"ttl=9, app_idx=0\)$")


if __name__ == "__main__":
    main()
