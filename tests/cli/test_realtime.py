"""Real time: Ctrl-C at any moment, a reader that goes away, scripts that are stuck."""

import os
import pty
import signal
import subprocess
import termios
import time

from command import BLINKER, PROGRAM, SWITCH, check, events_of, interrupt, main, prints, run, select, start

STUCK = "import pycom\npycom.heartbeat(False)\nprint('stuck')\nwhile True:\n    pass\n"


def ends_by_itself(folder):
    begin = time.monotonic()
    status, out, err = run(folder, "--for", "1500ms", "--json", folder.write("hello.py", "print('hello')\n"))
    took = time.monotonic() - begin
    events = events_of(out)
    check(status == 0 and prints(events, "hello") == ["hello"], "the script ran")
    check(1.4 < took < 6, f"it took its time ({took:.2f} s)")
    check(events[-1]["event"] == "summary", "the summary comes last")


def ctrl_c_at_any_moment(folder):
    lamp, stuck = folder.write("lamp.py", BLINKER), folder.write("stuck.py", STUCK)
    for wait in (0.5, 0.8, 1.2, 2.0, 4.0):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = start(folder, "--json", lamp, stuck)
            time.sleep(wait)
            out, err, took = interrupt(process, number)
            check(process.returncode == 0 and took < 1.2, f"after {wait} s: {process.returncode}, {took:.2f} s")
            check(events_of(out)[-1]["event"] == "summary", "with its summary")
    process = start(folder, "--virtual", "--for", "100s", "--json", lamp, stuck)
    time.sleep(1.5)
    out, err, took = interrupt(process)
    check(took < 1.2 and events_of(out)[-1]["event"] == "summary", f"a stuck script in virtual time: {took:.2f} s")


def a_reader_that_goes_away(folder):
    talks = folder.write("talks.py", "import time\nwhile True:\n    print('x' * 100)\n    time.sleep(0.01)\n")
    process = start(folder, "--for", "60s", talks)
    process.stdout.read(1000)
    process.stdout.close()
    process.stdout = None
    begin = time.monotonic()
    _, err = process.communicate(timeout=10)
    check(time.monotonic() - begin < 3 and not err, f"it ends quietly ({err})")
    check(process.returncode == 0, f"with status {process.returncode}")


def a_reader_that_stops_reading(folder):
    talks = folder.write("talks.py", "while True:\n    print('x' * 1000)\n")
    process = start(folder, talks)
    time.sleep(2)
    out, err, took = interrupt_unread(process)
    check(took < 1.5, f"Ctrl-C ends it all the same ({took:.2f} s)")


def interrupt_unread(process):
    """As interrupt, but nobody reads until it has ended."""
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    while process.poll() is None and time.monotonic() - begin < 10:
        time.sleep(0.01)
    took = time.monotonic() - begin
    process.kill()
    out, err = process.communicate()
    return out, err, took


def the_terminal(folder):
    lamp = folder.write("lamp.py", "import pycom\npycom.heartbeat(False)\npycom.rgbled(0xff00)\n")
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    process = subprocess.Popen([PROGRAM, "run", lamp], stdin=follower, stdout=follower, stderr=follower,
                               env=folder.environment(TERM="xterm-256color"), start_new_session=True)
    os.set_blocking(leader, False)
    text = b""
    for _ in range(60):
        time.sleep(0.1)
        try:
            text += os.read(leader, 65536)
        except BlockingIOError:
            pass
    process.send_signal(signal.SIGINT)
    process.wait(timeout=5)
    time.sleep(0.1)
    text += os.read(leader, 65536)
    after = termios.tcgetattr(follower)
    check(b"\x1b[38;2;" in text, "the LED's dot is coloured")
    check(b"Ctrl-C ends" in text, "a silence is explained")
    check(b"summary" in text.split(b"Ctrl-C ends")[-1], "and at the end there is the summary")
    check(before == after, "the terminal is as it was")
    os.close(leader)
    os.close(follower)


def a_whole_run(folder):
    lamp, switch = folder.write("lamp.py", BLINKER), folder.write("switch.py", SWITCH)
    status, out, err = run(folder, "--for", "25s", "--json", "--pcap", folder.path / "c", "--keys", folder.path / "k",
                           lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    events = events_of(out)
    check(status == 0 and prints(events, "lamp") == ["lamp True"], "provisioned and switched in real time")
    check(select(events, event="summary")[0]["boards"]["switch"]["address"] == 3, "addresses in order")
    check((folder.path / "k").stat().st_mode & 0o777 == 0o600, "the keys are the user's alone")
    check((folder.path / "k").read_text().count("btmesh_dev_keys") == 3, "a device key for every node")


main(ends_by_itself, ctrl_c_at_any_moment, a_reader_that_goes_away, a_reader_that_stops_reading, the_terminal, a_whole_run)
