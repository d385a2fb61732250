"""Virtual time as scripts see it."""

from runner import NODE, ScriptTest, main, texts


class Clock(ScriptTest):
    def test_epoch_and_zone(self):
        self.assertEqual(
            self.prints("""
                import time
                print(int(time.time()), time.localtime()[:6], time.tzname, time.timezone)
                print(time.strftime("%Y-%m-%d %H:%M:%S %Z"), "|", time.ctime(), "|", time.asctime())
                print(time.mktime(time.localtime()) == int(time.time()), time.gmtime(0)[:3], time.ctime(0))
            """),
            ["1767225600 (2026, 1, 1, 0, 0, 0) ('UTC', 'UTC') 0",
             "2026-01-01 00:00:00 UTC | Thu Jan  1 00:00:00 2026 | Thu Jan  1 00:00:00 2026",
             "True (1970, 1, 1) Thu Jan  1 00:00:00 1970"])

    def test_each_reading_takes_a_microsecond_and_nothing_else_does(self):
        self.assertEqual(
            self.prints("""
                import time
                a = time.monotonic_ns()
                sum(range(300000))
                print([time.monotonic_ns() - a, time.time_ns() - 1767225600 * 10**9 - a,
                       time.perf_counter_ns() - a, time.process_time_ns() - a,
                       time.clock_gettime_ns(time.CLOCK_MONOTONIC) - a])
            """),
            ["[1000, 2000, 3000, 4000, 5000]"])

    def test_a_busy_wait_on_any_clock_ends(self):
        for clock in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
            out = self.prints(f"""
                import time
                end = time.{clock}() + 0.02
                while time.{clock}() < end:
                    pass
                print(round(time.monotonic(), 4))
            """)
            self.assertEqual(out, ["0.02"], clock)

    def test_datetime_follows(self):
        self.assertEqual(
            self.prints("""
                import time, datetime
                from datetime import datetime as dt, date, timezone
                time.sleep(3600)
                print(dt.now().replace(microsecond=0), dt.utcnow().hour, date.today(),
                      dt.now(timezone.utc).isoformat(timespec="seconds"))
            """, seconds=4000),
            ["2026-01-01 01:00:00 1 2026-01-01 2026-01-01T01:00:00+00:00"])

    def test_time_zones_are_there(self):
        self.assertEqual(self.prints("""
            import zoneinfo
            print(zoneinfo.ZoneInfo.__name__)
        """), ["ZoneInfo"])

    def test_sleep_takes_exactly_its_time_and_checks_its_argument(self):
        self.assertEqual(
            self.prints("""
                import time
                a = time.monotonic(); time.sleep(0.25); time.sleep(1); time.sleep(0)
                print(round(time.monotonic() - a, 5))
                for wrong in (-1, "x", None, float("nan"), 1e300):
                    try:
                        time.sleep(wrong)
                    except Exception as e:
                        print(type(e).__name__)
            """),
            ["1.25", "ValueError", "TypeError", "TypeError", "ValueError", "OverflowError"])

    def test_boards_take_turns_in_a_fixed_order(self):
        source = """
            import time
            for i in range(3):
                time.sleep(1)
                print(i)
        """
        events = self.run_boards(b=source, a=source, c=source)
        self.assertEqual([e.board for e in events if e.kind == "print"], list("bacbacbac"))

    def test_a_busy_board_holds_nobody_up(self):
        events = self.run_boards(
            busy="import time\nwhile time.monotonic() < 2: pass\nprint('end')",
            other="import time\nfor i in range(10): time.sleep(0.1); print(time.monotonic())")
        at = [round(e.at, 2) for e in events if e.board == "other" and e.kind == "print"]
        self.assertEqual(at, [round(0.1 * i, 2) for i in range(1, 11)])

    def test_asking_a_model_again_and_again_sees_the_message_that_changes_it(self):
        poll = NODE + """
m = element.add_model(M.GEN_ONOFF, M.SERVER)
M.init("x")
while not m.get_state():
    pass
print("on at", round(now(), 2))
"""
        switch = NODE + """
m = element.add_model(M.GEN_ONOFF, M.CLIENT)
M.init("x")
time.sleep(1)
m.set_state(True)
"""
        events = self.run_boards("--mesh", 0.5, poll=poll, switch=switch)
        self.assertEqual(texts(events, board="poll"), ["on at 1.0"])


class Threads(ScriptTest):
    def check(self, body, *expected):
        source = "import threading, queue, time\nnow = lambda: round(time.monotonic(), 2)\n" + body
        self.assertEqual(self.prints(source), list(expected))

    def test_join_and_event(self):
        self.check("""
e = threading.Event()
t = threading.Thread(target=lambda: (time.sleep(1), e.set(), time.sleep(1)))
t.start()
print(e.wait(0.5), now())
print(e.wait(), now())
t.join(); print(now(), t.is_alive())
""", "False 0.5", "True 1.0", "2.0 False")

    def test_queues(self):
        self.check("""
for q in (queue.Queue(), queue.SimpleQueue(), queue.LifoQueue()):
    threading.Thread(target=lambda: (time.sleep(0.5), q.put("x"))).start()
    print(q.get(), now())
    try: q.get(timeout=0.25)
    except queue.Empty: print("empty", now())
""", "x 0.5", "empty 0.75", "x 1.25", "empty 1.5", "x 2.0", "empty 2.25")

    def test_locks_serve_whoever_waited_longest(self):
        self.check("""
lock = threading.Lock()
def take(name):
    with lock:
        print(name, now()); time.sleep(1)
for name in "abc":
    threading.Thread(target=take, args=(name,)).start()
time.sleep(0.5)
print(lock.acquire(False), lock.acquire(timeout=0.25), now(), lock.locked())
""", "a 0.0", "False False 0.75 True", "b 1.0", "c 2.0")

    def test_conditions_and_reentrant_locks(self):
        self.check("""
r = threading.RLock()
c = threading.Condition(r)
def notify():
    time.sleep(1)
    with c: c.notify_all()
threading.Thread(target=notify).start()
with r:
    with c: print(c.wait(5), now(), c.wait(0.5), now())
try: r.release()
except RuntimeError as e: print(e)
try: threading.Lock().release()
except RuntimeError as e: print(e)
b = threading.Barrier(2)
threading.Thread(target=lambda: (time.sleep(0.5), b.wait())).start()
b.wait(); print(now())
""", "True 1.0 False 1.5", "cannot release un-acquired lock", "release unlocked lock", "2.0")

    def test_timers_and_pools(self):
        self.check("""
t = threading.Timer(0.5, print, ["timer"]); t.start(); t.join(); print(now())
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(lambda x: (time.sleep(x), x)[1], [1, 0.5, 0.25])), now())
""", "timer", "0.5", "[1, 0.5, 0.25] 1.5")

    def test_asyncio_takes_virtual_time(self):
        self.check("""
import asyncio
async def tick(name, pause):
    for i in range(2):
        await asyncio.sleep(pause)
        print(name, i, round(time.monotonic(), 2))
async def main():
    await asyncio.gather(tick("a", 1), tick("b", 1.5))
    done = await asyncio.get_running_loop().run_in_executor(None, time.sleep, 2)
    print("end", 5 <= time.monotonic() < 5.1)
asyncio.run(main())
""", "a 0 1.0", "b 0 1.5", "a 1 2.0", "b 1 3.0", "end True")

    def test_an_import_that_sleeps_holds_up_only_who_needs_it(self):
        self.write("slow", "import time\ntime.sleep(1)\nx = 1\n")
        self.check("""
def load():
    import slow
    print("loaded", slow.x, now())
threading.Thread(target=load).start()
time.sleep(0.5); print("meanwhile", now())
import slow
print("too", now())
""", "meanwhile 0.5", "loaded 1 1.0", "too 1.0")

    def test_a_threads_exception_is_an_event(self):
        events = self.run_boards(s="""
            import threading, sys
            def bad(): raise ValueError("in a thread")
            threading.Thread(target=bad).start()
            threading.Thread(target=sys.exit).start()
            import _thread
            _thread.start_new_thread(bad, ())
        """)
        self.assertEqual([t.splitlines()[-1] for t in texts(events, "exception")], ["ValueError: in a thread"] * 2)
        self.assertEqual(texts(events, "exit"), ["0"])


class Reproducible(ScriptTest):
    SOURCE = """
        import random, os, uuid, secrets, threading, time
        print(random.random(), random.Random().random(), random.SystemRandom().random(), os.urandom(4))
        print(uuid.uuid4(), uuid.uuid1(), secrets.token_hex(4), hash("text"), {str(i) for i in range(9)})
        random.seed(); print(random.random())
        random.seed(5); print(random.random())
        for i in range(5): threading.Thread(target=lambda: (time.sleep(random.random()), print(random.random()))).start()
    """

    def test_the_same_seed_is_the_same_run(self):
        first = self.run_boards(a=self.SOURCE, b=self.SOURCE)
        self.assertEqual(first, self.run_boards(a=self.SOURCE, b=self.SOURCE))
        self.assertNotEqual(first, self.run_boards("--seed", 2, a=self.SOURCE, b=self.SOURCE))
        self.assertNotEqual(texts(first, board="a"), texts(first, board="b"))

    def test_a_seed_given_by_the_script_counts(self):
        import random

        out = self.prints("import random\nrandom.seed(5)\nprint(random.random())")
        self.assertEqual(out, [str(random.Random(5).random())])


if __name__ == "__main__":
    main()
