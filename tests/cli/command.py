"""Runs the blemesh command for the tests of this folder."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

BLINKER = """
from network import Bluetooth
import pycom, time

def blink(n):
    for _ in range(n):
        pycom.rgbled(0xffff00)
        time.sleep(0.3)
        pycom.rgbled(0)
        time.sleep(0.3)

def on_prov(event, oob):
    if event == mesh.PROV_OUTPUT_OOB_REQ_EVT:
        blink(oob)

def on_state(state, event, opcode):
    print("lamp", state)
    pycom.rgbled(0x007f00 if state else 0x7f0000)

mesh = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
Bluetooth()
element = mesh.create_element(primary=True, feature=mesh.GATT_PROXY)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=on_state)
mesh.init("lamp", auth=mesh.OOB_OUTPUT, callback=on_prov)
mesh.set_node_prov(mesh.PROV_ADV)
"""

SWITCH = """
from network import Bluetooth
import pycom

def on_state(state, event, opcode):
    print("switch hears", state)

mesh = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
Bluetooth()
element = mesh.create_element(primary=True, feature=mesh.GATT_PROXY)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT, callback=on_state)
mesh.init("switch", callback=None)
mesh.set_node_prov(mesh.PROV_ADV)
"""


PROGRAM = os.path.abspath(sys.argv[1])


class Failure(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failure(what)
    print("ok:", what)


class Folder:
    """Scripts in a temporary folder, and a runtime directory of the test's own for airs."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="bm-cli-")
        self.path = pathlib.Path(self.temporary.name)
        (self.path / "runtime").mkdir(mode=0o700)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def write(self, name, text):
        path = self.path / name
        path.write_text(text)
        return str(path)

    def environment(self, **more):
        return {**os.environ, "XDG_RUNTIME_DIR": str(self.path / "runtime"), **more}


def start(folder, *words, cwd=None, **variables):
    return subprocess.Popen([PROGRAM, "run", *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, cwd=cwd or folder.path, env=folder.environment(**variables))


def run(folder, *words, timeout=200, **more):
    process = start(folder, *words, **more)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err.decode(errors="replace")


def events_of(out):
    return [json.loads(line) for line in out.decode().splitlines()]


def select(events, **wanted):
    return [event for event in events if all(event.get(key) == value for key, value in wanted.items())]


def prints(events, board):
    return [event["text"] for event in select(events, board=board, event="print")]


def interrupt(process, number=signal.SIGINT):
    """Sends the signal; the output and the time it took to end."""
    begin = time.monotonic()
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return out, err.decode(errors="replace"), time.monotonic() - begin


def main(*tests):
    failed = 0
    for test in tests:
        print("---", test.__name__, flush=True)
        try:
            with Folder() as folder:
                test(folder)
        except (Failure, subprocess.TimeoutExpired) as failure:
            print("FAILED:", failure)
            failed += 1
    sys.exit(1 if failed else 0)
