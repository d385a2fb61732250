"""Installs the library, builds the C examples from outside against it, with CMake and with pkg-config, and lets the
installed command provision them: the lamp must be switched on and off. In real time.

    test_install.py CMAKE BUILD EXAMPLES COMPILER FLAGS
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

cmake, build, examples, compiler, flags = sys.argv[1:]
PATIENCE_S = 60


def call(*command, **more):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **more)


def build_examples(prefix, folder):
    """lamp with CMake, switch with pkg-config; the other one each way is only built."""
    call(cmake, "-G", "Ninja", "-S", examples, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={compiler}",
         f"-DCMAKE_C_FLAGS={flags}")
    call(cmake, "--build", folder)
    env = dict(os.environ, PKG_CONFIG_PATH=f"{prefix}/lib/pkgconfig")
    words = subprocess.run(["pkg-config", "--cflags", "--libs", "blemesh-air"], env=env, check=True,
                           capture_output=True, text=True).stdout.split()
    for name in "lamp", "switch":
        call(compiler, "-std=c11", *flags.split(), f"{examples}/{name}.c", "-o", f"{folder}/{name}-pc", *words)
    return f"{folder}/lamp", f"{folder}/switch-pc"


def lamp_was_switched(path):
    with open(path) as file:
        lines = file.read().splitlines()
    return "the lamp is on" in lines and "the lamp is off" in lines


def main():
    with tempfile.TemporaryDirectory() as folder:
        prefix = f"{folder}/prefix"
        call(cmake, "--install", build, "--prefix", prefix)
        lamp, switch = build_examples(prefix, f"{folder}/examples")
        air = f"install-{os.getpid()}"
        running = []
        try:
            for name, command in (("lamp", [lamp, f"air:{air}"]), ("switch", [switch, f"air:{air}"]),
                                  ("blemesh", [f"{prefix}/bin/blemesh", "run", "--air", air])):
                with open(f"{folder}/{name}.out", "w") as out:
                    running.append(subprocess.Popen(command, cwd="/", stdout=out, stderr=subprocess.STDOUT))
            end = time.monotonic() + PATIENCE_S
            while not lamp_was_switched(f"{folder}/lamp.out"):
                ended = [process.args[0] for process in running if process.poll() is not None]
                if ended or time.monotonic() > end:
                    for name in "lamp", "switch", "blemesh":
                        with open(f"{folder}/{name}.out") as out:
                            print(f"--- {name}\n{out.read()}")
                    sys.exit(f"ended too early: {ended}" if ended else "the lamp was not switched")
                time.sleep(0.1)
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(10)
    print("the lamp was switched")


main()
