"""What the tests against real peers share: skipping with a reason, a temporary folder, processes that end with the test,
and a `blemesh run` whose events can be waited for.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SKIP = 77  # CTest's SKIP_RETURN_CODE


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIP)


def need_program(name):
    """The program's path; the test is skipped if it is not installed."""
    path = shutil.which(name)
    if not path:
        skip(f"{name} is not installed (./check installs it)")
    return path


class Sandbox:
    """A folder for one test and the processes it started; both are gone afterwards."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bm-"))
        self.runtime = self.folder / "run"  # short: socket addresses hold about 100 octets
        self.runtime.mkdir(mode=0o700)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=str(self.runtime), PYTHONDONTWRITEBYTECODE="1")
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if kind is not None:
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}, its end:")
                print("\n".join(log.read_text(errors="replace").splitlines()[-60:]))
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, command, environment=None, **options):
        """Starts a process; what it says goes to NAME.log unless stdout is given."""
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(open(self.folder / f"{name}.log", "wb"))
            options.setdefault("stdin", subprocess.DEVNULL)
            options.setdefault("stdout", log)
            process = subprocess.Popen([str(word) for word in command], stderr=log,
                                       env=environment or self.environment, **options)
        self.processes.append(process)
        return process


class Blemesh:
    """`blemesh run --json …` and the events it wrote so far."""

    def __init__(self, sandbox, program, *arguments, **options):
        self.events = []
        self.process = sandbox.start(f"blemesh-{len(sandbox.processes)}", [program, "run", "--json", *arguments],
                                     stdout=subprocess.PIPE, text=True, **options)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def has(self, event, **fields):
        """Whether such an event was written: fields hold the values it must have."""
        return any(candidate.get("event") == event and all(candidate.get(k) == v for k, v in fields.items())
                   for candidate in list(self.events))

    def finish(self):
        """Waits for the end; returns the exit status."""
        status = self.process.wait()
        self.reader.join()
        return status


def wait_until(condition, seconds, what, turn=lambda: time.sleep(0.02)):
    """Waits for condition() to become true, calling turn() in between; fails the test if it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        turn()


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)
