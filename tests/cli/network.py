"""The commands of a network as a user runs them, with boards in another `blemesh run` process on a private air."""

import json
import os
import queue
import signal
import subprocess
import threading
import time

from command import PROGRAM, Failure, check

DEVICE = """
from network import Bluetooth
import pycom
mesh = Bluetooth.BLE_Mesh
pycom.heartbeat(False)
def on_prov(event, value):
    if event == mesh.PROV_OUTPUT_OOB_REQ_EVT:
        print("shows", value)
    if event == mesh.PROV_INPUT_OOB_REQ_EVT:
        print("asks")
Bluetooth()
element = mesh.create_element(primary=True, feature=mesh.GATT_PROXY)
lamp = element.add_model(mesh.GEN_ONOFF, mesh.SERVER, callback=lambda state, event, opcode: print("lamp", state))
mesh.init("{name}", auth={auth}, callback=on_prov)
mesh.set_node_prov({bearers})
"""


class Lines:
    """The lines of a running program, each with a time limit."""

    def __init__(self, file):
        self.queue = queue.Queue()
        threading.Thread(target=self._read, args=(file,), daemon=True).start()

    def _read(self, file):
        for line in file:
            self.queue.put(line)
        self.queue.put("")

    def next(self, seconds):
        """The next line; "" at the end, None when the time is over."""
        try:
            return self.queue.get(timeout=max(0, seconds))
        except queue.Empty:
            return None


class Boards:
    """`blemesh run --no-provision` with these boards; what happens on them can be waited for."""

    def __init__(self, folder, *names, auth="0", bearers="mesh.PROV_ADV", prompt=None):
        scripts = [folder.write(name + ".py", DEVICE.format(name=name, auth=auth, bearers=bearers)) for name in names]
        words = [PROGRAM, "run", "--no-provision", "--air", "test", "--json", *scripts]
        self.process = subprocess.Popen(words + (["-i", prompt, "--for", "200s"] if prompt else []), cwd=folder.path,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env=folder.environment())
        self.events, self.lines = [], Lines(self.process.stdout)
        for name in names:
            self.wait(event="prov", board=name, state="beaconing")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)

    def wait(self, seconds=20, **wanted):
        """The first event like this one."""
        end = time.monotonic() + seconds
        seen = 0
        while True:
            for event in self.events[seen:]:
                if all(event.get(key) == value or (callable(value) and value(event.get(key)))
                       for key, value in wanted.items()):
                    return event
            seen = len(self.events)
            line = self.lines.next(end - time.monotonic())
            if not line:
                raise Failure(f"no board tells {wanted}" if line is None else f"the boards ended before {wanted}")
            self.events.append(json.loads(line))

    def printed(self, text):
        return self.wait(event="print", text=lambda printed: printed and printed.startswith(text))["text"]

    def type(self, code):
        self.process.stdin.write(code + "\n")
        self.process.stdin.flush()


def environment(folder, **more):
    state = folder.path / "state"
    state.mkdir(exist_ok=True)
    return folder.environment(BLEMESH_AIR="test", XDG_STATE_HOME=str(state), **more)


def begin(folder, *words, out=subprocess.PIPE, **more):
    """The command, running; its standard input is a pipe."""
    return subprocess.Popen([PROGRAM, *map(str, words)], cwd=folder.path, stdin=subprocess.PIPE,
                            stdout=out, stderr=subprocess.PIPE, text=True, bufsize=1,
                            env=environment(folder), **more)


def blemesh(folder, *words, typed="", timeout=60, **more):
    """Status, output and errors of a command that ends by itself."""
    process = begin(folder, *words, **more)
    try:
        out, err = process.communicate(typed, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def done(folder, *words, **more):
    status, out, err = blemesh(folder, *words, **more)
    if status != 0:
        raise Failure(f"blemesh {' '.join(map(str, words))}: status {status}: {err}")
    return out


def refused(folder, *words, says, status=1, **more):
    """One line on stderr that begins with the command's name, and nothing else."""
    got, out, err = blemesh(folder, *words, **more)
    lines = [line for line in err.splitlines() if line.startswith("blemesh")]
    check(got == status and len(lines) == 1 and says in lines[0] and "Sanitizer" not in err,
          f"{' '.join(map(str, words))}: {says} ({got}: {err.strip()})")
    return out


def devices(folder, count):
    """The UUIDs of so many devices, in their order, as soon as a scan has heard them."""
    scan = begin(folder, "scan", "--json")
    out, uuids, end = Lines(scan.stdout), set(), time.monotonic() + 20
    while len(uuids) < count:
        line = out.next(end - time.monotonic())
        if not line:
            scan.kill()
            raise Failure(f"{len(uuids)} devices were heard, not {count}")
        row = json.loads(line)
        uuids |= {row["uuid"]} if row.get("kind") == "device" else set()
    scan.send_signal(signal.SIGINT)
    scan.wait(timeout=20)
    return sorted(uuids)


def take_in(folder, *names):
    """Boards become nodes, under their names; the UUIDs are in the order of the names."""
    uuids = devices(folder, len(names))
    for name, uuid in zip(names, uuids):
        done(folder, "provision", uuid, "--name", name, "--oob", "none")
    return uuids


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def talk(process, until, answer="", seconds=30):
    """Waits for this text on the stderr of a running command, types the answer (a function of the line may make it);
    status, output and errors at its end. answer None: it is left running."""
    errors, said, end = Lines(process.stderr), "", time.monotonic() + seconds
    while until not in said.split("\n")[-1]:
        line = errors.next(end - time.monotonic())
        if not line:
            raise Failure(f"it never says {until!r}, but {said}")
        said += "\n" + line.rstrip("\n")
    if answer is None:
        return None
    process.stdin.write(answer() if callable(answer) else answer)
    process.stdin.close()
    out = process.stdout.read()
    process.wait(timeout=seconds)
    while line := errors.next(5):
        said += "\n" + line.rstrip("\n")
    return process.returncode, out, said


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
