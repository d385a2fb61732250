"""`-i BOARD`: a person types at a board's prompt, through a pseudo terminal; and lines from a pipe."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from command import PROGRAM, check, events_of, main, prints, run
from command import select as pick

PLAIN = "import pycom\npycom.heartbeat(False)\nlamp_count = 3\nclass Lamp:\n    def switch_on(self):\n        return 'is on'\n    def switch_off(self):\n        return 'is off'\nlamp = Lamp()\n"
UP, LEFT = "\x1b[A", "\x1b[D"


class Terminal:
    """A run on a pseudo terminal, and the screen that a person sees there: enough of a terminal for what is sent."""

    def __init__(self, folder, *words, rows=200, columns=100, **variables):
        self.leader, self.follower = pty.openpty()
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.columns = columns
        self.before = termios.tcgetattr(self.follower)
        self.raw = ""
        self.lines, self.row, self.column = [""], 0, 0
        self.process = subprocess.Popen(
            [PROGRAM, "run", *map(str, words)], stdin=self.follower, stdout=self.follower, stderr=self.follower,
            env=folder.environment(TERM="xterm", NO_COLOR="1", HOME=str(folder.path), **variables), cwd=folder.path,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def _put(self, character):
        if self.column == self.columns:
            self.row, self.column = self.row + 1, 0
        while len(self.lines) <= self.row:
            self.lines.append("")
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def _control(self, sequence):
        number = int(re.search(r"\d+", sequence).group()) if re.search(r"\d+", sequence) else 0
        kind = sequence[-1]
        if kind == "K" and number == 0:
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif kind == "J" and number == 0:
            self.lines[self.row] = self.lines[self.row][:self.column]
            del self.lines[self.row + 1:]
        elif kind == "A":
            self.row = max(0, self.row - (number or 1))
        elif kind == "G":
            self.column = (number or 1) - 1
        elif kind == "C":
            self.column += number or 1
        elif kind == "D":
            self.column = max(0, self.column - (number or 1))
        elif kind == "P":
            line = self.lines[self.row]
            self.lines[self.row] = line[:self.column] + line[self.column + (number or 1):]
        elif kind == "@":
            line = self.lines[self.row]
            self.lines[self.row] = line[:self.column] + " " * (number or 1) + line[self.column:]

    def _show(self, text):
        for sequence, character in re.findall(r"(\x1b\[[0-9;?]*[A-Za-z@])|([^\x1b])", text):
            if sequence:
                self._control(sequence)
            elif character == "\r":
                self.column = 0
            elif character == "\n":
                self.row += 1
                while len(self.lines) <= self.row:
                    self.lines.append("")
            elif character == "\b":
                self.column = max(0, self.column - 1)
            elif character >= " ":
                self._put(character)

    def screen(self):
        return "\n".join(line.rstrip() for line in self.lines)

    def pump(self, seconds):
        ready, _, _ = select.select([self.leader], [], [], seconds)
        if not ready:
            return False
        try:
            text = os.read(self.leader, 65536).decode(errors="replace")
        except OSError:
            return False
        self.raw += text
        self._show(text)
        return True

    def until(self, pattern, what, seconds=20):
        """Waits until the screen shows the pattern."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.screen(), re.M):
            if time.monotonic() > end or (not self.pump(0.2) and self.process.poll() is not None):
                break
        check(re.search(pattern, self.screen(), re.M), what if re.search(pattern, self.screen(), re.M) else
              f"{what}; the screen:\n{self.screen()}")

    def keys(self, text):
        os.write(self.leader, text.encode())

    def enter(self, text, pattern, what):
        self.keys(text + "\r")
        self.until(pattern, what)

    def ready(self):
        self.until(r"^>>> $|^>>>$", "there is a prompt")
        self.until("last line has run", "the script came to its end")

    def ended(self, what, status=0):
        """Waits for the end of the run, and looks at the terminal it leaves."""
        end = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < end:
            self.pump(0.05)
        while self.pump(0.05):
            pass
        if self.process.poll() is None:
            self.process.kill()
        check(self.process.wait() == status, f"{what} ({self.process.returncode})")
        check(termios.tcgetattr(self.follower) == self.before, "the terminal is as it was")
        os.close(self.leader)
        os.close(self.follower)


def board(folder, text=PLAIN):
    return folder.write("lamp.py", text)


def values_are_printed_and_ctrl_d_ends_the_run(folder):
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
    t.ready()
    t.enter("6 * 7", r"lamp +○ off +42$", "an expression's repr is printed")
    t.enter("_ + 1", r"lamp +○ off +43$", "_ is the last value")
    t.enter("name = 'Zoë €'", r"^>>> name", "a statement")
    t.enter("name", r"lamp +○ off +'Zoë €'$", "characters of several octets arrive")
    t.enter("1/0", r"ZeroDivisionError: division by zero", "an exception prints its traceback")
    t.until(r'File "<prompt>", line 1', "with its place")
    t.enter("while", r"SyntaxError", "what is no Python is told")
    t.enter("exit()", r"There is nothing to exit", "exit says that a board has none")
    check(t.screen().count(">>> 6 * 7") == 1, "what is typed stands there once")
    t.keys("\x04")
    t.ended("Ctrl-D ends the run with status 0")
    check("summary" in t.screen().split("SyntaxError")[-1], "with its summary")
    check(">>>" not in t.screen().split("summary")[-1], "and no prompt after it")


def blocks_of_several_lines(folder):
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
    t.ready()
    t.enter("def twice(x):", r"^\.\.\.", "a block goes on")
    t.enter("    return 2 * x", r"return 2 \* x\n\.\.\.", "and on")
    t.keys("\r")
    t.enter("twice(21)", r"off +42$", "it was defined")
    t.enter("for i in (1, 2):", r"\(1, 2\):\n\.\.\.", "a loop begins")
    t.keys("\tprint('round', i)\r\r")
    t.until(r"off +round 2$", "Tab indents an empty line, and the loop runs")
    t.enter("text = '''one", r"one\n\.\.\.", "a text of several lines")
    t.enter("two'''", r"two'''\n", "ends")
    t.enter("text", r"'one\\ntwo'", "and has both")
    t.enter("if True:", r"if True:\n\.\.\.", "a block begins")
    t.keys("\x03")
    t.enter("'fresh'", r"^>>> 'fresh'", "Ctrl-C drops it: the next line is a first one")
    t.until(r"off +'fresh'$", "which runs")
    t.keys("\x04")
    t.ended("the end")


def history_is_kept_from_run_to_run(folder):
    state = folder.path / "state"
    for number in (1, 2):
        t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder), XDG_STATE_HOME=str(state))
        t.ready()
        if number == 1:
            t.enter("'the first'", r"off +'the first'$", "a line")
            t.enter("'the second'", r"off +'the second'$", "another one")
            t.keys(UP + UP)
            t.until(r"^>>> 'the first'$(?![\s\S]*>>> 'the second')", "Up brings back the one before")
            t.enter("", r"off +'the first'$[\s\S]*off +'the first'$", "and it runs again")
        else:
            t.keys(UP + UP + LEFT)
            t.until(r"^>>> 'the second'$", "the next run knows the lines of the one before")
            t.enter(" of old", r"off +'the second of old'$", "and they can be changed")
        t.keys("\x04")
        t.ended("the end")
    path = state / "blemesh" / "history"
    check(path.stat().st_mode & 0o777 == 0o600, "the file is the user's alone")
    check(path.read_text().splitlines()[:2] == ["'the first'", "'the second'"], "a line each")


def names_are_completed(folder):
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
    t.ready()
    t.keys("lamp_c\t")
    t.until(r"^>>> lamp_count$", "a name of the board's")
    t.enter("", r"off +3$", "and it is that one")
    t.keys("lamp.sw\t")
    t.until(r"^>>> lamp\.switch_o$", "an attribute, as far as it is sure")
    t.keys("\t")
    t.until(r"lamp\.switch_off\(\) +lamp\.switch_on\(\)\n>>> lamp\.switch_o$", "then what it can be, above the line")
    t.enter("n()", r"off +'is on'$", "the line goes on where it was")
    t.keys("print(lamp_cou\t)\r")
    t.until(r"^>>> print\(lamp_count\)", "a name inside an expression")
    t.keys("xyzzy_\t\t\x03")
    t.until(r"xyzzy_", "where nothing is known nothing happens")
    t.enter("'alive'", r"off +'alive'$", "and the prompt lives")
    t.keys("\x04")
    t.ended("the end")


def output_comes_above_the_line(folder):
    talks = ("from machine import Timer\nimport pycom\npycom.heartbeat(False)\ncount = 0\ndef tick(alarm):\n"
             "    global count\n    count += 1\n    print('tick', count)\nTimer.Alarm(tick, ms=100, periodic=True)\n")
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder, talks), columns=60)
    t.until(r"tick 3$\n>>>", "callbacks print above the prompt")
    long = "'" + "abcdefghij" * 14 + "'"
    t.keys(long[:90])
    at = int(re.findall(r"tick (\d+)$", t.screen(), re.M)[-1])
    t.until(rf"tick {at + 3}$", "they go on while a line is typed")
    rows = [(">>> " + long[:90])[i:i + 60] for i in (0, 60)]
    t.until(re.escape(rows[0]) + "\n" + re.escape(rows[1]) + r"\Z", "that line, of two rows, is the last on the screen")
    check(t.screen().count(">>> 'abc") == 1, "and stands there once")
    t.keys(long[90:] + "\r")
    t.until(r"off +'(abcdefghij)+", "it arrives as it was typed")
    whole = "".join(line.ljust(60)[:60] for line in t.lines).replace(" ", "")
    check("off'" + "abcdefghij" * 14 + "'" in whole, "all of it")
    t.keys("\x04")
    t.ended("the end")


def ctrl_c(folder):
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
    t.ready()
    t.keys("nonsense(\x03")
    t.until(r"nonsense\(\^C\n>>>", "Ctrl-C clears the line")
    t.enter("'still'", r"off +'still'$", "nothing of it is left")
    for _ in range(50):  # the first may still meet the code that printed
        t.keys("\x03")
        end = time.monotonic() + 0.2
        while time.monotonic() < end and "Ctrl-D ends" not in t.screen():
            t.pump(0.05)
        if "Ctrl-D ends" in t.screen():
            break
    t.until(r"Ctrl-D ends the run", "in an empty line it says how to leave")
    t.keys("while True: pass\r\r")
    time.sleep(1)
    t.keys("\x03")
    t.until(r"KeyboardInterrupt", "typed code that runs is interrupted")
    t.enter("'after'", r"off +'after'$", "and the prompt is back")
    t.keys("import time; time.sleep(600)\r")
    time.sleep(1)
    t.keys("\x03")
    t.until(r"sleep\(600\)[\s\S]*KeyboardInterrupt", "so is typed code that sleeps")
    t.enter("'awake'", r"off +'awake'$", "and the prompt is back again")
    t.keys("\x03" * 5)
    t.enter("'unharmed'", r"off +'unharmed'$", "it never ends the run")
    t.keys("\x04")
    t.ended("the end")


def a_script_that_does_not_end(folder):
    t = Terminal(folder, "--no-provision", "-i", "lamp",
                 board(folder, "import time\nready = 5\nprint('on')\nwhile True:\n    time.sleep(0.01)\n"))
    t.until("on$", "it runs")
    t.enter("ready", r"waits for that", "what is typed waits, and that is said")
    t.keys("\x04")
    t.ended("Ctrl-D ends the run")
    check("typed code never ran" in t.screen(), "which says what never ran")


def every_end_restores_the_terminal(folder):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
        t.ready()
        t.keys("half a li")
        t.until("half a li", "while a line is typed")
        t.process.send_signal(number)
        t.ended(f"{number.name} ends the run")
        check("summary" in t.screen() and "half a li" not in t.screen(), "the line makes way for the summary")
    t = Terminal(folder, "--no-provision", "--for", "1s", "-i", "lamp", board(folder))
    t.ended("so does the run's time")
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
    t.ready()
    t.process.send_signal(signal.SIGSEGV)
    while t.process.poll() is None:
        t.pump(0.05)
    t.pump(0.1)
    check(t.process.returncode != 0 and termios.tcgetattr(t.follower) == t.before, "and so does a crash")


def suspended(folder):
    t = Terminal(folder, "--no-provision", "-i", "lamp", board(folder))
    t.ready()
    t.keys("'half'\x1a")
    time.sleep(1)
    state = termios.tcgetattr(t.follower)
    # The run leads its session: nobody could let it go on, so the kernel does not stop it, and it goes on at once.
    t.enter("", r"off +'half'$", "Ctrl-Z and on again leaves the line")
    check(state[3] & termios.ICANON == 0, "and the terminal at work")
    t.keys("\x04")
    t.ended("the end")


def json_on_a_terminal(folder):
    t = Terminal(folder, "--no-provision", "--json", "-i", "lamp", board(folder), columns=400)
    t.until(r'"exit".*\n>>>', "events above the prompt")
    t.enter("40 + 2", r'"event": ?"print".*"42"', "answers as events")
    t.keys("\x04")
    t.ended("the end")


def lines_from_a_pipe(folder):
    def pipe(text, *words):
        process = subprocess.run([PROGRAM, "run", "--json", "--no-provision", "-i", "lamp", *words, board(folder)],
                                 input=text.encode(), capture_output=True, timeout=60, cwd=folder.path,
                                 env=folder.environment(HOME=str(folder.path)))
        return process.returncode, events_of(process.stdout), process.stderr.decode()

    status, events, err = pipe("def f(x):\n    return x + 1\n\nf(1)\n\nfor i in range(2):\n    print(i)\n")
    check(status == 0 and not err and prints(events, "lamp") == ["2", "0", "1"], "blocks and values, and its end ends all")
    check(len(pick(events, event="typed")) == 3, "what was typed is told")
    begin = time.monotonic()
    status, events, err = pipe("1 + 1\n1/0\n", "--for", "2s")
    check(prints(events, "lamp") == ["2"] and time.monotonic() - begin > 1.9, "with --for the run goes on until then")
    check("ZeroDivisionError" in pick(events, event="exception")[0]["text"], "with its exceptions")
    check(pipe("")[0] == 0, "nothing at all is fine")
    check(not (folder.path / ".local").exists(), "and there is no history of it")


def wrong_options(folder):
    lamp = board(folder)
    for words, wanted in (
            (("-i", "lampe", lamp, folder.write("switch.py", "")), "no board of that name. The boards: lamp, switch"),
            (("-i", "lamp", "-i", "lamp", lamp), "one terminal"),
            (("--virtual", "--for", "1s", "-i", "lamp", lamp), "--virtual and -i do not go together"),
            (("--air", "x", "-i", "lamp"), "this run has no board"),
            ((lamp, "-i"), "needs a value"),
    ):
        status, out, err = run(folder, *words)
        check(status == 2 and wanted in err and err.count("\n") == 1, f"{wanted}: {err.strip()}")


main(values_are_printed_and_ctrl_d_ends_the_run, blocks_of_several_lines, history_is_kept_from_run_to_run,
     names_are_completed, output_comes_above_the_line, ctrl_c, a_script_that_does_not_end,
     every_end_restores_the_terminal, suspended, json_on_a_terminal, lines_from_a_pipe, wrong_options)
