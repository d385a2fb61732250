"""kill -9 of `blemesh run --state` at random moments: each next run goes on, and takes nothing that was heard before.

A lamp prints the levels that a switch sets; each run of the switch sends levels above all it sent before. An onlooker on
the air (this program) records what is sent, and sends all of it again during the next run. So if the lamp ever printed a
level that is not above the last one, an old message was taken. (What was on the air in the moment of a kill was not:
the lamp may take it when it is said again, which is a delay and no replay.) If a run that lived long enough shows no new level, a
sequence number was used again (the lamp refuses it) or something was not kept.

usage: kill_state.py BLEMESH [RUNS]      20 by default
"""

import json
import random
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

from command import Failure, Folder, check, start

LAMP = """
from network import Bluetooth
import pycom

def on_level(state, event, opcode):
    print("level", state)

mesh = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
element = mesh.create_element(primary=True, feature=mesh.GATT_PROXY)
lamp = element.add_model(mesh.GEN_LEVEL, mesh.SERVER, callback=on_level)
mesh.init("lamp", callback=None)
mesh.set_node_prov(mesh.PROV_ADV)
"""

SWITCH = """
from network import Bluetooth
import pycom, time

mesh = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
element = mesh.create_element(primary=True, feature=mesh.GATT_PROXY)
switch = element.add_model(mesh.GEN_LEVEL, mesh.CLIENT)
mesh.init("switch", callback=None)
mesh.set_node_prov(mesh.PROV_ADV)
level = int(open("first").read())
# the onlooker comes first
time.sleep(0.5)
for n in range(60):
    time.sleep(0.05)
    try:
        switch.set_state(level + n, addr=0x0002, app_idx=0, state_type=mesh.STATE_LEVEL)
    except RuntimeError:
        pass
"""
LEVELS_A_RUN = 60
# What a switch may have sent when the kill came that the lamp had not taken yet: 0.3 s.
IN_FLIGHT = 6


class Onlooker:
    """A process on the air that hears all and says it again."""

    def __init__(self, folder):
        self.dir = folder.path / "runtime" / "blemesh" / "air" / "kill"
        for path in (self.dir.parent.parent, self.dir.parent, self.dir):
            path.mkdir(mode=0o700, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.own = self.dir / (secrets.token_hex(8) + ".sock")
        self.socket.bind(str(self.own))
        self.socket.setblocking(False)
        self.heard = []

    def hear(self):
        while True:
            try:
                self.heard.append(self.socket.recv(65536))
            except BlockingIOError:
                return

    def say_again(self, frames):
        for peer in self.dir.glob("*.sock"):
            if peer == self.own:
                continue
            for frame in frames:
                try:
                    self.socket.sendto(frame, str(peer))
                except (BlockingIOError, ConnectionRefusedError, FileNotFoundError):
                    break


class Output:
    """The events of a run, as they come."""

    def __init__(self, process):
        self.events = []
        self.process = process
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            try:
                self.events.append(json.loads(line))
            except ValueError:
                pass  # cut off by the kill

    def has(self, **wanted):
        return any(all(event.get(key) == value for key, value in wanted.items()) for event in list(self.events))

    def levels(self):
        return [int(event["text"].split()[1]) for event in list(self.events)
                if event["event"] == "print" and event["text"].startswith("level ")]


def judge(run, events, levels):
    """What no moment of a kill explains."""
    for event in events:
        if event["event"] == "warning":
            raise Failure(f"run {run}: a board warns: {event['text']}")
        if run > 0 and event.get("state") == "beaconing":
            raise Failure(f"run {run}: {event['board']} is no node any more")
    sent = [event["t"] for event in events
            if event["event"] == "message" and event["board"] == "switch" and event["dir"] == "tx"]
    if sent and not levels and events[-1]["t"] > sent[0] + 0.5:
        raise Failure(f"run {run}: what the switch sends is not taken")


def reserved(folder, board):
    """The first sequence number that is not reserved, as stored."""
    with sqlite3.connect(folder.path / "st" / f"{board}.db") as db:
        row = db.execute("SELECT value FROM record WHERE kind=2").fetchone()
    db.close()
    return int.from_bytes(row[0][1:5], "big") if row else 0


def one_run(folder, onlooker, run, life):
    first = -32768 + run * LEVELS_A_RUN
    (folder.path / "first").write_text(str(first))
    process = start(folder, "--state", "st", "--air", "kill", "--json", "--trace", folder.path / "lamp.py",
                    folder.path / "switch.py")
    output = Output(process)
    begin = time.monotonic()
    old, onlooker.heard, again = onlooker.heard[-60:], [], begin
    while time.monotonic() < begin + life and process.poll() is None:
        # The first run provisions both, and is over when the lamp showed some levels.
        if run == 0 and len(output.levels()) > 5:
            break
        time.sleep(0.02)
        onlooker.hear()
        if time.monotonic() >= again:
            onlooker.say_again(old)
            again = time.monotonic() + 0.1
    ended = process.poll()
    process.send_signal(signal.SIGKILL)
    output.thread.join()
    err = process.stderr.read().decode(errors="replace")
    process.wait()
    onlooker.hear()
    if ended is not None:
        raise Failure(f"run {run} ended by itself ({ended}): {err}")
    judge(run, output.events, output.levels())
    return first, output.levels()


def killed(folder, runs):
    folder.write("lamp.py", LAMP)
    folder.write("switch.py", SWITCH)
    onlooker = Onlooker(folder)
    chance = random.Random(1)
    highest, numbers, shown = -32769, {}, 0
    for run in range(runs):
        if run and run % 100 == 0:
            print(f"{run} runs killed, {shown} levels shown", flush=True)
        first, levels = one_run(folder, onlooker, run, chance.uniform(0.15, 2.2) if run else 90)
        late = max(highest, first - LEVELS_A_RUN - 1) + IN_FLIGHT
        for level in levels:
            if level <= highest:
                raise Failure(f"run {run}: the lamp took the old level {level}, it had {highest}")
            highest = level
        old = [level for level in levels if late < level < first]
        if run > 0 and old:
            raise Failure(f"run {run}: the lamp took {old}, which are of an earlier run")
        shown += len(levels)
        for board in ("lamp", "switch"):
            number = reserved(folder, board)
            if number < numbers.get(board, 0):
                raise Failure(f"run {run}: {board} has {number} numbers reserved, it had {numbers[board]}")
            numbers[board] = number
    onlooker.own.unlink()
    check(shown > 5, f"{runs} runs killed, {shown} levels shown, each above the last")


def main():
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    try:
        with Folder() as folder:
            killed(folder, runs)
    except (Failure, subprocess.TimeoutExpired) as failure:
        print("FAILED:", failure)
        sys.exit(1)


main()
