"""Real time: threads that compute, sleep or are stuck; the end; a plain python3."""

import os
import resource
import signal
import subprocess
import time

from runner import NODE, ScriptTest, main, texts

PRELOAD = os.environ.get("BLEMESH_PRELOAD")


class RealTime(ScriptTest):
    def test_a_script_that_computes_leaves_others_their_turn(self):
        tick = "import time\nfor i in range(20): time.sleep(0.05); print(i)"
        events = self.run_boards("--real", busy="while True: pass", tick=tick, busy2="while True: pass", seconds=6)
        self.assertEqual(texts(events, board="tick"), [str(i) for i in range(20)])

    def test_a_script_that_computes_does_not_delay_a_node(self):
        """The LED's heartbeat is kept by the loop, as nodes are."""
        events = self.run_boards("--real", s="while True: pass", seconds=4.3)
        at = [e.at for e in events if e.kind == "led"]
        self.assertEqual(len(at), 2)
        self.assertAlmostEqual(at[0], 4.0, delta=0.05)
        self.assertAlmostEqual(at[1], 4.1, delta=0.05)

    def test_alarms_and_callbacks(self):
        events = self.run_boards("--real", s=NODE + """
a = Timer.Alarm(lambda x: print(x is a), 0.5, periodic=True)
m = element.add_model(callback=lambda *x: print(*x))
m.set_state(True)
try: m.set_state("x")
except TypeError as e: print(e)
""", seconds=2.4)
        self.assertEqual(sorted(texts(events)[:2]), ["True 0 0", "state must be a bool, not str"])
        self.assertEqual(texts(events)[2:], ["True"] * 4)

    def test_a_flood_takes_no_memory(self):
        events = self.run_boards("--real", s=NODE + """
m = element.add_model(callback=lambda *x: time.sleep(0.01))
end = now() + 3
while now() < end:
    for i in range(100): m.set_state(True)
print("end")
""", seconds=5)
        self.assertIn("end", texts(events))
        self.assertTrue(2 <= len(texts(events, "warning")) <= 5, texts(events, "warning"))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak, 300_000 if PRELOAD else 60_000)


class Stop(ScriptTest):
    def stop_within_1_s(self, *args, **scripts):
        paths = [self.write(name, source) for name, source in scripts.items()]
        process = self.start(*args, *paths)
        for line in process.stdout:
            if "ready" in line:
                break
        time.sleep(0.2)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        process.stdout.close()
        process.wait(10)
        self.assertLess(time.monotonic() - asked, 1, scripts)
        self.assertEqual(process.returncode, 0, rest)

    SCRIPTS = {
        "computes": "print('ready')\nwhile True: pass",
        "sleeps": "import time\nprint('ready')\ntime.sleep(1000)",
        "prints": "print('ready')\nwhile True: print('x')",
        "locked": "import threading\nprint('ready')\nl = threading.Lock(); l.acquire(); l.acquire()",
        "floods": NODE + "m = element.add_model(callback=print)\nprint('ready')\nwhile True: m.set_state(True)",
    }

    def test_in_real_time(self):
        for name, source in self.SCRIPTS.items():
            with self.subTest(name):
                self.stop_within_1_s("--real", s=source)

    def test_in_virtual_time(self):
        for name, source in self.SCRIPTS.items():
            with self.subTest(name):
                self.stop_within_1_s(s=source)


class Plain(ScriptTest):
    """A plain python3 is a board too."""

    def environment(self):
        environment = dict(os.environ, PYTHONPATH=os.environ["BLEMESH_PYTHONPATH"], BLEMESH_AIR=f"test-{os.getpid()}")
        if PRELOAD:
            environment["LD_PRELOAD"] = PRELOAD
        return environment

    def plain(self, source, lines, *words):
        """Runs until it has written so many lines, then Ctrl-C; returns what it wrote, and its status."""
        process = subprocess.Popen(["/usr/bin/python3", *(words or [self.write("plain", source)])],
                                   env=self.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = [process.stdout.readline() for _ in range(lines)]
        time.sleep(0.3)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        process.stdout.close()
        process.wait(20)
        self.assertLess(time.monotonic() - asked, 1)
        return "".join(out) + rest, process.returncode

    def test_it_lives_on_after_the_last_line(self):
        out, status = self.plain(NODE + """
pycom.rgbled(0x102030)
m = element.add_model(callback=lambda *a: print("callback", *a))
M.init("x", callback=lambda event, oob: print("event", event == M.PROV_REGISTER_EVT))
Timer.Alarm(lambda a: print("alarm"), 0.3)
m.set_state(True)
time.sleep(0.1)
print("last line")
""", 5)
        self.assertEqual(sorted(out.splitlines()), sorted([
            "plain: LED #102030", "event True", "callback True 0 0", "last line", "alarm"]))
        self.assertEqual(status, 0)

    def test_how_the_script_ended_is_the_status(self):
        self.assertEqual(self.plain("import pycom, sys\npycom.heartbeat(False)\nprint(1)\nsys.exit(3)", 1), ("1\n", 3))
        out, status = self.plain("import pycom\npycom.heartbeat(False)\n1 / 0", 3)
        self.assertEqual((out.splitlines()[-1], status), ("ZeroDivisionError: division by zero", 1))

    def test_ctrl_c_ends_a_script_that_runs(self):
        out, status = self.plain("import pycom\npycom.heartbeat(False)\nprint(1, flush=True)\nwhile True: pass", 1)
        self.assertEqual((out, status), ("1\n", -signal.SIGINT))

    def test_ctrl_c_ends_a_wait_of_the_boards_own(self):
        out, status = self.plain("from machine import Timer\nprint(1, flush=True)\nTimer.sleep_us(100000000)", 1)
        self.assertEqual((out, status), ("1\n", -signal.SIGINT))

    def test_ctrl_c_ends_a_script_whose_threads_run(self):
        thread = """
import pycom, threading, time
pycom.heartbeat(False)
threading.Thread(target=time.sleep, args=(100,)).start()
print(1, flush=True)
"""
        self.assertEqual(self.plain(thread, 1), ("1\n", 0))
        self.assertEqual(self.plain(thread + "time.sleep(100)", 1), ("1\n", -signal.SIGINT))

    def test_an_air_that_cannot_be_joined_is_told(self):
        process = subprocess.run(["/usr/bin/python3", "-c", "import pycom; pycom.heartbeat()"], text=True, timeout=20,
                                 env=dict(self.environment(), BLEMESH_AIR="a b"), stderr=subprocess.PIPE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("RuntimeError: cannot join the air 'a b' (BLEMESH_AIR): an air's name has", process.stderr)

    def test_a_board_without_a_script_has_a_name(self):
        out, status = self.plain("", 1, "-c", "import pycom; pycom.rgbled(1)")
        self.assertEqual((out, status), ("python: LED #000001\n", 0))

    def test_an_interactive_python_ends_when_its_user_leaves(self):
        environment = self.environment()
        process = subprocess.Popen(["/usr/bin/python3", "-i", self.write("plain", "import pycom\npycom.rgbled(1)")],
                                   env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        out, _ = process.communicate("print(6 * 7)\n", timeout=10)
        self.assertEqual((out, process.returncode), ("42\n", 0))

    def test_ctrl_c_ends_a_stuck_callback(self):
        out, status = self.plain("""
from machine import Timer
import time
Timer.Alarm(lambda a: (print("stuck"), time.sleep(100)), 0.1)
""", 1)
        self.assertEqual((out, status), ("stuck\n", 0))

    def test_a_callbacks_exception(self):
        out, status = self.plain("""
from machine import Timer
def bad(a): raise ValueError("in a callback")
Timer.Alarm(bad, 0.1)
""", 4)
        self.assertEqual((out.splitlines()[-1], status), ("ValueError: in a callback", 0))


if __name__ == "__main__":
    main()
