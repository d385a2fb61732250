"""Low power boards and their friends: scripts with feature=LOW_POWER and FRIEND, in virtual and in real time."""

from runner import NODE, ScriptTest, main, texts

LAMP = NODE.replace("primary=True", "primary=True, feature=M.LOW_POWER") + """
m = element.add_model(callback=lambda *a: print(round(now(), 1), *a))
M.init("lamp")
"""
SWITCH = NODE.replace("primary=True", "primary=True, feature=M.FRIEND") + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print(round(now(), 1), *a))
M.init("switch")
"""


class LowPower(ScriptTest):
    def run_pair(self, switch, *args, lamp=LAMP, seconds=60):
        events = self.run_boards("--mesh", 1, *args, seconds=seconds, lamp=lamp, switch=SWITCH + switch)
        self.assertEqual([e for e in events if e.kind in ("exception", "warning")], [])
        return events

    def heard(self, events, board="lamp"):
        """(when, what) of each callback."""
        lines = [text.split(" ", 1) for text in texts(events, board=board)]
        return [(float(when), what) for when, what in lines]

    def test_a_message_waits_for_the_sleeping_board(self):
        events = self.run_pair("time.sleep(15)\nm.set_state(True)\ntime.sleep(20)\nm.set_state(False, 2)\n")
        self.assertEqual(texts(events, "prov", "lamp"), ["friend_found"])
        (first, on), (second, off) = self.heard(events)
        self.assertEqual((on, off), ("True 0 33283", "False 0 33283"))
        # It polls each 8.7 s: nothing arrives at once, and nothing waits longer.
        self.assertTrue(0.1 < first - 15 < 9 and 0.1 < second - 35 < 9, (first, second))

    def test_what_a_sleeping_board_sends_is_heard_at_once_and_its_answer_fetched_soon(self):
        lamp = LAMP + "c = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print(round(now(), 1), *a))\n"
        lamp = lamp.replace('M.init("lamp")\n', "") + 'M.init("lamp")\ntime.sleep(20)\nc.get_state(3)\n'
        events = self.run_pair("s = element\n", lamp=lamp, seconds=40)
        # The switch has no server: nobody answers, and the board is told so although it sleeps.
        self.assertEqual(self.heard(events)[-1][1], "None 3 0")

    def test_answers_to_a_message_to_many_are_fetched_soon_too(self):
        lamp = LAMP.replace('M.init("lamp")\n', """
c = element.add_model(M.GEN_ONOFF, M.CLIENT, callback=lambda *a: print(round(now(), 1), *a))
M.init("lamp")
time.sleep(20)
c.get_state()
time.sleep(20)
c.set_state(True, ack=True)
""")
        events = self.run_boards("--mesh", 1, seconds=60, lamp=lamp, switch=SWITCH, server=NODE + """
element.add_model()
M.init("server")
""")
        answers = [(when, what) for when, what in self.heard(events) if what.endswith("33284")]
        # Its own server answers at once, the other one when the board wakes for it.
        self.assertEqual([what for _, what in answers], ["False 0 33284"] * 2 + ["True 1 33284"] * 2)
        self.assertTrue(20 < answers[1][0] < 22 and 40 < answers[3][0] < 42, answers)

    def test_both_features_at_once(self):
        both = LAMP.replace("M.LOW_POWER", "M.LOW_POWER | M.FRIEND | M.RELAY")
        events = self.run_boards("--mesh", 1, seconds=90, a=both, b=both + """
time.sleep(60)
m2 = m
""")
        found = [e for e in events if e.kind == "prov" and e.text == "friend_found"]
        self.assertEqual(len(found), 1, "one sleeps, the other keeps its messages")

    def test_in_real_time(self):
        events = self.run_boards("--real", "--mesh", 0.5, seconds=14, lamp=LAMP,
                                 switch=SWITCH + "time.sleep(4)\nm.set_state(True)\n")
        self.assertEqual(texts(events, "prov", "lamp"), ["friend_found"])
        self.assertEqual([what for _, what in self.heard(events)], ["True 0 33283"])


if __name__ == "__main__":
    main()
