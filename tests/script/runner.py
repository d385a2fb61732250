"""Runs scripts through script_runner and reads its events."""

import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

RUNNER = os.environ.get("SCRIPT_RUNNER", "script_runner")

Event = collections.namedtuple("Event", "at board kind text")

# A board with one model; every test that needs a node begins like this.
NODE = """
from network import Bluetooth
import pycom, time
from machine import Timer
M = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
Bluetooth()
now = time.monotonic
element = M.create_element(primary=True)
"""


def parse(line):
    at, board, kind, text = (line.split(" ", 3) + [""])[:4]
    return Event(float(at) if at != "end" else None, board, kind, text.replace("\\n", "\n"))


class ScriptTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def write(self, name, source):
        path = self.folder / (name + ".py")
        path.write_text(textwrap.dedent(source))
        return str(path)

    def start(self, *args, **popen):
        return subprocess.Popen([RUNNER, *map(str, args)], stdout=subprocess.PIPE, text=True, **popen)

    def run_boards(self, *args, seconds=10, timeout=100, **scripts):
        """Runs the scripts given by name in virtual time; returns the events."""
        paths = [self.write(name, source) for name, source in scripts.items()]
        process = self.start("--for", seconds, *args, *paths)
        self.addCleanup(process.stdout.close)
        out, _ = process.communicate(timeout=timeout)
        self.assertEqual(process.returncode, 0, out)
        return [parse(line) for line in out.splitlines()]

    def prints(self, source, *args, **kwargs):
        """What a script prints, when it runs alone."""
        events = self.run_boards(*args, s=source, **kwargs)
        unexpected = [e for e in events if e.kind in ("exception", "warning")]
        self.assertEqual(unexpected, [], "no exception or warning was expected")
        return [e.text for e in events if e.kind == "print"]


def texts(events, kind="print", board=None):
    return [e.text for e in events if e.kind == kind and board in (None, e.board)]


main = unittest.main
