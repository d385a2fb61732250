"""Boards: LED, alarms, callbacks, ends of scripts, the prompt."""

import os

from runner import NODE, ScriptTest, main, texts


class Led(ScriptTest):
    def led(self, source, **kwargs):
        return [(round(e.at, 3), e.text) for e in self.run_boards(s=source, **kwargs) if e.kind == "led"]

    def test_the_heartbeat_blinks_blue_every_4_s(self):
        self.assertEqual(self.led("", seconds=9),
                         [(4.0, "00007f"), (4.1, "000000"), (8.0, "00007f"), (8.1, "000000")])

    def test_a_colour_does_not_last_under_the_heartbeat(self):
        self.assertEqual(self.led("import pycom\npycom.rgbled(0xff0000)", seconds=5),
                         [(0, "ff0000"), (4.0, "00007f"), (4.1, "000000")])

    def test_without_heartbeat_a_colour_lasts_and_only_changes_are_told(self):
        self.assertEqual(self.led("""
            import pycom
            print(pycom.heartbeat())
            pycom.heartbeat(False); pycom.rgbled(0x102030); pycom.rgbled(0x102030); pycom.heartbeat(False)
        """), [(0, "102030")])

    def test_heartbeat_tells_and_takes(self):
        self.assertEqual(self.prints("""
            import pycom
            print(pycom.heartbeat(), pycom.heartbeat(False), pycom.heartbeat(), pycom.heartbeat(enable=True),
                  pycom.heartbeat())
        """, seconds=1), ["True None False None True"])


class Alarms(ScriptTest):
    def check(self, body, *expected, seconds=10):
        source = """
from machine import Timer
import time
now = lambda: round(time.monotonic(), 2)
def say(*args): print(*args, now())
""" + body
        self.assertEqual(self.prints(source, seconds=seconds), list(expected))

    def test_times_in_three_units_and_together(self):
        self.check("""
Timer.Alarm(say, 0.5, arg="s")
Timer.Alarm(say, ms=700, arg="ms")
Timer.Alarm(say, us=600000, arg="us")
Timer.Alarm(say, 1, ms=500, us=250000, arg="all")
""", "s 0.5", "us 0.6", "ms 0.7", "all 1.75")

    def test_the_handler_gets_the_alarm_itself_unless_arg_is_given(self):
        self.check("""
a = Timer.Alarm(lambda x: print(x is a), 1)
Timer.Alarm(lambda x: print(x), 2, arg=7)
""", "True", "7")

    def test_a_periodic_alarm_keeps_its_phase_and_never_bursts(self):
        self.check("""
def slow(a):
    say("from")
    if now() == 2: time.sleep(2.6)
Timer.Alarm(slow, 1, periodic=True)
""", "from 1.0", "from 2.0", "from 4.6", "from 5.0", "from 6.0", "from 7.0", seconds=7.5)

    def test_cancel_before_during_and_while_due(self):
        self.check("""
a = Timer.Alarm(say, 1, arg="never"); a.cancel(); a.cancel()
def once(a):
    say("once"); a.cancel()
Timer.Alarm(once, 1, periodic=True)
b = Timer.Alarm(say, 2, arg="due but cancelled", periodic=True)
def blocks(a):
    time.sleep(1); b.cancel(); say("blocks")
Timer.Alarm(blocks, 1.5)
""", "once 1.0", "blocks 2.5")

    def test_callback_sets_the_handler_and_none_disables(self):
        self.check("""
a = Timer.Alarm(None, 1)
a.callback(say, arg="late")
b = Timer.Alarm(say, 2, arg="old")
b.callback(say, arg="new")
c = Timer.Alarm(say, 3, arg="never")
c.callback(None)
def again(a):
    say("again")
    if now() < 6: a.cancel(); a.callback(again)
Timer.Alarm(again, 4)
""", "late 1.0", "new 2.0", "again 4.0", "again 8.0")

    def test_nobody_needs_to_keep_an_alarm_and_a_fired_one_is_let_go(self):
        self.check("""
import gc, weakref
class Handler:
    def __call__(self, a): say("fired")
h = Handler(); w = weakref.ref(h)
Timer.Alarm(h, 1); del h; gc.collect()
print(w() is not None)
time.sleep(2); gc.collect()
print(w())
""", "True", "fired 1.0", "None")

    def test_chrono_and_sleep_us(self):
        self.check("""
c = Timer.Chrono()
print(c.read_us())
c.start(); time.sleep(1.5); c.stop(); time.sleep(1)
print(round(c.read(), 3), c.read_ms())
c.start(); time.sleep(0.5); print(c.read_ms()); c.reset(); print(c.read_ms())
a = time.monotonic(); Timer.sleep_us(2500); print(round(time.monotonic() - a, 4))
while c.read_ms() < 10: pass
print("busy wait over")
""", "0", "1.5 1500", "2000", "0", "0.0025", "busy wait over")

    def test_wrong_arguments(self):
        self.check("""
def handler(a): pass
for args in ((), dict()), ((handler,), dict()), ((handler, -1), {}), ((handler, "1"), {}), ((5, 1), {}), \\
        ((handler, 0), dict(periodic=True)), ((handler, 1), dict(periodic=3)), ((handler, float("inf")), {}), \\
        ((handler, 10**400), {}), ((handler, 1, 2), {}), ((handler, 1), dict(x=1)):
    try: Timer.Alarm(*args[0], **args[1]); print("no error")
    except Exception as e: print(type(e).__name__, "|", e)
for us in -1, "x", 1.5, None:
    try: Timer.sleep_us(us); print("no error")
    except Exception as e: print(type(e).__name__, "|", e)
""",
            "ValueError | Alarm needs a time: give s, ms or us",
            "ValueError | Alarm needs a time: give s, ms or us",
            "ValueError | s must be 0 or more, and less than 31 years",
            "TypeError | s must be a number, not str",
            "TypeError | handler must be a function or None, not int",
            "ValueError | a periodic Alarm needs a time above 0",
            "ValueError | periodic must be True or False, not 3",
            "ValueError | s must be a finite number",
            "ValueError | s is too large",
            "TypeError | Alarm() takes at most 2 positional arguments (3 given)",
            "TypeError | 'x' is an invalid keyword argument for Alarm()",
            "ValueError | us must be 0 to 2147483647, not -1",
            "TypeError | us must be an int, not str",
            "TypeError | us must be an int, not float",
            "TypeError | us must be an int, not NoneType")


class Callbacks(ScriptTest):
    def test_one_at_a_time_in_order_and_the_clock_of_alarms_goes_on(self):
        out = self.prints(NODE + """
running = 0
def cb(state, event, op):
    global running
    running += 1
    print(state, event, op, running, round(now(), 1)); time.sleep(1)
    running -= 1
m = element.add_model(M.GEN_ONOFF, M.SERVER, callback=cb)
Timer.Alarm(lambda a: print("alarm", running, round(now(), 1)), 1.5)
m.set_state(True); m.set_state(False); m.set_state(state=True)
print("set", m.get_state())
""")
        self.assertEqual(out, ["set True", "True 0 0 1 0.0", "False 0 0 1 1.0", "True 0 0 1 2.0", "alarm 0 3.0"])

    def test_an_exception_in_a_callback_is_told_and_life_goes_on(self):
        events = self.run_boards(s=NODE + """
def cb(state, event, op):
    print(state)
    if state: raise KeyError("callback")
m = element.add_model(callback=cb)
def bad(a):
    print("alarm")
    1 / 0
Timer.Alarm(bad, 1, periodic=True)
m.set_state(True); m.set_state(False)
""", seconds=2.5)
        self.assertEqual(texts(events), ["True", "False", "alarm", "alarm"])
        self.assertEqual([t.splitlines()[-1] for t in texts(events, "exception")],
                         ["KeyError: 'callback'"] + ["ZeroDivisionError: division by zero"] * 2)
        self.assertIn('s.py", line', texts(events, "exception")[0])
        self.assertEqual(texts(events, "exit"), ["0"])

    def test_a_flood_is_bounded_counted_and_told(self):
        events = self.run_boards(s=NODE + """
got = 0
def cb(state, event, op):
    global got
    got += 1
    time.sleep(0.001)
m = element.add_model(callback=cb)
for i in range(5000): m.set_state(i % 2)
time.sleep(5)
print(got)
m.set_state(True)
time.sleep(1)
print(got)
""")
        first, then = map(int, texts(events))
        self.assertTrue(256 <= first < 1000, first)
        self.assertEqual(then, first + 1)
        self.assertEqual(texts(events, "warning"),
                         [f"{5000 - first} callbacks were lost: the queue (256) was full, a callback takes too long"])


class Ends(ScriptTest):
    def end(self, source):
        events = self.run_boards(s=source, seconds=1)
        return [(e.kind, e.text.splitlines()[-1]) for e in events if e.kind in ("print", "exception", "exit")]

    def test_the_last_line(self):
        self.assertEqual(self.end("print('a', end='')"), [("print", "a"), ("exit", "0")])

    def test_sys_exit(self):
        self.assertEqual(self.end("import sys\nsys.exit(3)"), [("exit", "3")])
        self.assertEqual(self.end("import sys\nsys.exit()"), [("exit", "0")])
        self.assertEqual(self.end("raise SystemExit('why')"), [("print", "why"), ("exit", "1")])
        self.assertEqual(self.end("raise SystemExit"), [("exit", "0")])

    def test_an_exception(self):
        self.assertEqual(self.end("print(1)\n1 / 0"),
                         [("print", "1"), ("exception", "ZeroDivisionError: division by zero"), ("exit", "1")])
        self.assertEqual(self.end("raise KeyboardInterrupt"), [("exception", "KeyboardInterrupt"), ("exit", "1")])

    def test_sources_that_are_no_python(self):
        self.assertEqual(self.end("x = (1"), [("exception", "SyntaxError: '(' was never closed"), ("exit", "1")])
        self.assertEqual(self.end("x = 1\0"),
                         [("exception", "ValueError: source code string cannot contain null bytes"), ("exit", "1")])
        (self.folder / "latin.py").write_bytes(b"print('\xe4')")
        process = self.start("--for", 1, self.folder / "latin.py")
        out, _ = process.communicate()
        self.assertIn("SyntaxError", out)
        (self.folder / "coded.py").write_bytes(b"# -*- coding: latin-1 -*-\nprint('\xe4')")
        out, _ = self.start("--for", 1, self.folder / "coded.py").communicate()
        self.assertIn("print \u00e4", out)

    def test_a_script_that_is_not_there(self):
        process = self.start("--for", 1, self.folder / "none.py")
        out, _ = process.communicate()
        self.assertIn("No such file or directory", out)
        self.assertIn("exit 2", out)

    def test_exit_ends_no_other_board(self):
        events = self.run_boards(a="import sys\nsys.exit(1)", b="import time\ntime.sleep(2)\nprint('there')")
        self.assertEqual(texts(events, board="b"), ["there"])

    def test_os_exit_like_things_of_the_main_interpreter_are_refused(self):
        self.assertEqual(self.end("import signal\ntry: signal.signal(2, print)\nexcept ValueError as e: print(e)")[0],
                         ("print", "signal only works in main thread of the main interpreter"))


class Output(ScriptTest):
    def test_a_line_is_an_event_whoever_wrote_it_how(self):
        events = self.run_boards(s="""
            import sys
            print("a", "b"); print("c", end=""); print("d\\n\\ne")
            sys.stdout.write("x"); sys.stdout.buffer.write(b"y\\n"); print("\\u00e4\\ud800", file=sys.stderr)
            print("long", len("z" * 20000)); print("z" * 20000)
        """)
        out = texts(events)
        self.assertEqual(out[:7], ["a b", "cd", "", "e", "xy", "\u00e4\\ud800", "long 20000"])
        self.assertEqual("".join(out[7:]), "z" * 20000)

    def test_threads_do_not_mix_their_lines(self):
        out = self.prints("""
            import threading, time
            def say(c):
                for i in range(3): print(c * 3, end=""); time.sleep(0.1)
                print()
            for c in "ab": threading.Thread(target=say, args=(c,)).start()
        """)
        self.assertEqual(out, ["a" * 9, "b" * 9])

    def test_wrong_types_are_refused_and_a_begun_line_is_told_at_the_end(self):
        self.assertEqual(self.prints("""
            import sys
            try: sys.stdout.write(5)
            except Exception as e: print(type(e).__name__)
            import time
            print("begun", end=""); time.sleep(100)
        """, seconds=1), ["TypeError", "begun"])

    def test_there_is_no_input(self):
        self.assertEqual(self.prints("try: input()\nexcept EOFError: print('end of file')"), ["end of file"])

    def test_a_script_knows_where_it_is(self):
        self.write("helper", "x = 'helped'")
        out = self.prints("""
            import sys, helper
            print(__name__, __file__ == sys.argv[0], sys.path[0] + "/s.py" == __file__, len(sys.argv), helper.x)
        """)
        self.assertEqual(out, ["__main__ True True 1 helped"])


    def test_an_exceptions_text_is_whole_and_comes_after_what_was_printed(self):
        events = self.run_boards(s="print('begun', end='')\nraise ValueError('a\\0b')", seconds=1)
        told = [(e.kind, e.text.splitlines()[-1]) for e in events if e.kind in ("print", "exception")]
        self.assertEqual(told, [("print", "begun"), ("exception", "ValueError: a b")])


    def test_exceptions_of_two_threads_at_once_leave_stderr_as_it_was(self):
        events = self.run_boards(s="""
import sys, threading, time
class Slow(Exception):
    def __str__(self):
        time.sleep(1)
        return "slow"
def fail(after):
    time.sleep(after)
    raise Slow
for after in (0.1, 0.5): threading.Thread(target=fail, args=(after,)).start()
time.sleep(5)
print("still here", file=sys.stderr)
""", seconds=8)
        self.assertEqual([text.splitlines()[-1] for text in texts(events, "exception")], ["Slow: slow"] * 2)
        self.assertEqual(texts(events), ["still here"])

    def test_a_script_may_come_from_a_pipe_and_not_from_a_folder(self):
        path = self.folder / "pipe.py"
        os.mkfifo(path)
        process = self.start("--for", 1, path)
        self.addCleanup(process.stdout.close)
        path.write_text("print('x' * 10, len('" + "y" * 100000 + "'))\n")
        self.assertIn("print xxxxxxxxxx 100000", process.communicate(timeout=60)[0])
        process = self.start("--for", 1, self.folder)
        self.addCleanup(process.stdout.close)
        self.assertIn("Is a directory", process.communicate(timeout=60)[0])


class Process(ScriptTest):
    """The boards share one process."""

    def test_a_script_cannot_end_or_double_it(self):
        events = self.run_boards(other="import time\ntime.sleep(2)\nprint('lives')", s="""
            import os, subprocess
            for name in ("fork", "forkpty", "abort"):
                try: getattr(os, name)()
                except RuntimeError as e: print(e)
            try: os.execv("/bin/true", ["true"])
            except RuntimeError as e: print(e)
            print(subprocess.check_output(["echo", "a child"]))
            os._exit(4)
        """, seconds=3)
        self.assertEqual(texts(events, board="s"), [
            f"os.{name} is not there on a board: all boards share one process"
            for name in ("fork", "forkpty", "abort", "execv")] + ["b'a child\n'"])
        self.assertEqual((texts(events, "exit", "s"), texts(events, board="other")), (["4"], ["lives"]))


class Prompt(ScriptTest):
    def test_typed_code_runs_after_the_script_in_its_names(self):
        events = self.run_boards(
            "--type", "s@0.5:x", "--type", "s@3:x + 1", "--type", "s@4:for i in range(2): print(i)",
            "--type", "s@5:None", "--type", "s@6:y", "--type", "s@7:import sys; sys.exit(2)", "--type", "s@8:'last'",
            s="import time\nx = 41\ntime.sleep(2)")
        self.assertEqual([(round(e.at, 1), e.kind, e.text.splitlines()[-1]) for e in events if e.kind != "led"],
                         [(2.0, "exit", "0"), (2.0, "typed", "x"), (2.0, "print", "41"), (3.0, "typed", "x + 1"),
                          (3.0, "print", "42"), (4.0, "typed", "for i in range(2): print(i)"), (4.0, "print", "0"),
                          (4.0, "print", "1"), (5.0, "typed", "None"), (6.0, "typed", "y"),
                          (6.0, "exception", "NameError: name 'y' is not defined"),
                          (7.0, "typed", "import sys; sys.exit(2)"),
                          (7.0, "print", "There is nothing to exit: the board lives as long as the run."),
                          (8.0, "typed", "'last'"), (8.0, "print", "'last'")])

    def test_any_number_of_statements_is_typed_at_once(self):
        typed = ["x = 2\nx\nx + 1", "for i in range(2): i", "def f():\n  return 6\n\nf()", "", "  # nothing", "7; 8"]
        words = [word for at, code in enumerate(typed, 1) for word in ("--type", f"s@{at}:{code}")]
        events = self.run_boards(*words, s="")
        self.assertEqual(texts(events, "exception"), [])
        self.assertEqual(texts(events), ["2", "3", "0", "1", "6", "7", "8"])

    def test_exit_and_quit_are_there(self):
        for name in ("exit", "quit"):
            events = self.run_boards(s=f"{name}(3)\nprint('never')", seconds=1)
            self.assertEqual((texts(events), texts(events, "exit")), ([], ["3"]))

    def test_a_script_that_never_ends_leaves_it_waiting(self):
        events = self.run_boards("--type", "s@1:1", s="import time\nwhile True: time.sleep(1)")
        self.assertEqual([(e.kind, e.text) for e in events if e.kind != "led"], [("waiting", "1")])


if __name__ == "__main__":
    main()
