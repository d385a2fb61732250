"""Linux's own Bluetooth, in a virtual machine (guest.py): what kernel_inside.py does there is told here.

usage: test_kernel.py boards|gatt|meshd|device BLEMESH CACHE
"""

import pathlib
import sys

from guest import run_in_guest
from peers import Sandbox, check, need_program

GUEST = """export TMPDIR=/run/tmp ASAN_OPTIONS=detect_leaks=0 LC_ALL=C.UTF-8 TERM=dumb
cd /run/tmp
echo "the guest is up after $(cut -d' ' -f1 /proc/uptime) s"
/usr/bin/python3 -B {inside} {mode} {blemesh} && echo all as it should be
echo "and ends after $(cut -d' ' -f1 /proc/uptime) s"
"""
SECONDS = 150


def main():
    mode, blemesh, cache = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]).resolve()
    for program in ("btvirt", "hcitool", "gatttool", "/usr/libexec/bluetooth/bluetoothd", "dbus-daemon"):
        need_program(program)
    inside = pathlib.Path(__file__).resolve().with_name("kernel_inside.py")
    with Sandbox() as sandbox:
        said = run_in_guest(sandbox, cache, GUEST.format(inside=inside, mode=mode, blemesh=blemesh), SECONDS)
        print(said)
        check("\nall as it should be\n" in said, "all was as it should be in the guest")


main()
