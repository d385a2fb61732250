"""`blemesh shell`: lines from a pipe, and a terminal with completion, history, and Ctrl-C."""

import os
import pty
import re
import select
import subprocess
import time

from command import PROGRAM, check, main
from test_send import Home, LAMP

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")


class Terminal:
    def __init__(self, home, *words):
        self.master, slave = pty.openpty()
        environment = {**home.environment, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen([PROGRAM, "shell", *words], stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, cwd=home.folder.path, start_new_session=True,
                                        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def type(self, text):
        os.write(self.master, text.encode())

    def until(self, wanted, what, seconds=15):
        """Everything up to the text wanted; what follows it is for the next call."""
        end = time.monotonic() + seconds
        while wanted not in self.text and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.text += ESCAPES.sub("", os.read(self.master, 4096).decode(errors="replace"))
                except OSError:
                    break
        found, _, rest = self.text.partition(wanted)
        if wanted not in self.text:
            print(repr(self.text))
        check(wanted in self.text, what)
        self.text = rest
        return found

    def ended(self):
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            return None


def lines_from_a_pipe_are_commands(folder):
    with Home(folder) as home:
        home.two_lamps()
        text = """
            # a remark
            send lamp onoff-set on
            blemesh send fan onoff-get   # and another one
            groups add 'living-room'
            config lamp subscribe onoff-server "living-room"
            groups; echo
            send lamp level-get
        """
        status, out, err = home.call("shell", text=text)
        check(out.count("present_onoff=") == 2, f"messages are sent: {out} {err}")
        check("living-room is 0xc000" in out and "addresses" not in out, "words in quotes are one")
        check("groups; is no command" in err, f"what is wrong is told, and the rest goes on: {err}")
        check(status == 0 and "present_level=" in out, "the status is the last one's")
        status, out, err = home.call("shell", text="nodes\nexit\nsend lamp onoff-get\n")
        check(status == 0 and "present" not in out, "exit ends it")
        status, out, err = home.call("shell", text="send lamp 'onoff\n")
        check(status == 2 and "a ' is not closed" in err, err)
        status, out, err = home.call("shell", text="nodse\n")
        check(status == 2 and "did you mean nodes" in err, err)
        status, out, err = home.call("shell", "nodes")
        check(status == 2, "a command is no argument")
        begin = time.monotonic()
        home.good("shell", text="send lamp onoff-get\n" * 20)
        check(time.monotonic() - begin < 10, "one node serves many commands")


def a_shell_makes_and_manages_a_network(folder):
    with Home(folder) as home:
        home.node("--model", "onoff-server", "--uuid", LAMP, "--adv")
        text = f"provision {LAMP} --name lamp\nsend lamp onoff-set on\nkeys\nnode lamp name light\nsend light onoff-get\n" \
               "config light reset\nnodes\n"
        status, out, err = home.call("shell", text=text)
        check(status == 0 and out.count("present_onoff=on") == 2, f"every command in its turn: {out} {err}")
        check("light left the network" in out, "until the node is gone")
        check("ADDRESS" in home.good("nodes"), "and the file is sound")


def a_terminal_completes_and_remembers(folder):
    with Home(folder) as home:
        home.two_lamps()
        with Terminal(home) as terminal:
            terminal.until("default> ", "a prompt with the network's name")
            terminal.type("sen\tla\tonoff-se\t")
            terminal.until("send lamp onoff-set", "commands, names and messages are completed")
            terminal.type(" on\tof\t\r")
            terminal.until("present_onoff=off", "fields and their values too")
            terminal.until("default> ", "the prompt again")
            terminal.type("config lamp rel\ton\r")
            terminal.until("lamp relay: relay=on", "settings")
            terminal.until("default> ", "the prompt again")
            terminal.type("\x1b[A\x1b[A\r")
            terminal.until("present_onoff=off", "the arrow finds lines typed before")
            terminal.until("default> ", "the prompt again")
            terminal.type("send 0x0077 onoff-get --timeout 30\r")
            time.sleep(1)
            begin = time.monotonic()
            terminal.type("\x03")
            terminal.until("interrupted", "Ctrl-C ends the command")
            check(time.monotonic() - begin < 5, "at once")
            terminal.until("default> ", "and not the shell")
            terminal.type("key-refresh --excl\tla\t")
            terminal.until("key-refresh --exclude lamp", "options of every command, and their values")
            terminal.type("\x03")
            terminal.until("default> ", "the prompt again")
            terminal.type("nodes and more\x03")
            terminal.until("default> ", "Ctrl-C clears a line")
            terminal.type("decode --net-key 7dd7364cd842ad18c17c2b820c84c3d6 0100\r")
            terminal.until("default> ", "a line with a key is a line as any")
            terminal.type("send lamp onoff-get\r")
            terminal.until("present_onoff=", "after which commands work")
            terminal.until("default> ", "the prompt again")
            terminal.type("\x04")
            check(terminal.ended() == 0, "Ctrl-D ends it")
        check(home.good("send", "lamp", "onoff-get") != "", "the network is free again")
        kept = "".join(path.read_text() for path in folder.path.rglob("history"))
        check("send lamp onoff-get" in kept and "7dd7364c" not in kept, "but is not kept in the history")


if __name__ == "__main__":
    main(lines_from_a_pipe_are_commands, a_shell_makes_and_manages_a_network, a_terminal_completes_and_remembers)
