"""A stack that nobody here wrote takes one of our boards into its mesh: bluetooth-meshd scans, provisions, reads the
composition data, adds an application key, binds it, and switches the board's OnOff server on and off.

usage: test_meshd.py no_oob|output_oob BLEMESH SHIM SCRIPT
"""

import sys
import time
import uuid

from peers import Blemesh, Sandbox, check, need_program, skip

AIR = "interop"
BLINK_COLOUR = 0xFFFF00  # examples/onoff_server.py
ON_COLOUR, OFF_COLOUR = "007f00", "7f0000"
QUIET_SECONDS = 1.5

COMPANY = bytes.fromhex("c402")  # 0x02C4
MODELS = {0x0000: "Configuration Server", 0x0002: "Health Server", 0x1000: "Generic OnOff Server"}


class Onlooker:
    """Counts the blinks of a board's LED, as a person beside it would."""

    def __init__(self):
        self.colours = {}
        self.blinks = 0
        self.last_change = time.monotonic()

    def light(self, device, rgb):
        if self.colours.get(device) == rgb:
            return
        self.colours[device] = rgb
        self.last_change = time.monotonic()
        if rgb == BLINK_COLOUR:
            self.blinks += 1

    def final(self):
        return self.blinks > 0 and time.monotonic() - self.last_change > QUIET_SECONDS


def provision(meshd, board, onlooker, method):
    """Returns the device's UUID."""
    meshd.scan()
    meshd.wait(lambda: meshd.app.seen, 30, "meshd hears an Unprovisioned Device beacon")
    device = next(iter(meshd.app.seen))
    check(device[:2] == b"\xdd\xdd" and device[8:] == bytes(8), f"the board beacons with UUID {device.hex()}")
    meshd.add_node(device)
    if method == "output_oob":
        meshd.wait(lambda: meshd.agent.prompted or meshd.app.add_failed, 30, "meshd asks for the number")
        check(meshd.agent.prompted == "blink", f"meshd asks to count blinks ({meshd.app.add_failed or 'no failure'})")
        meshd.wait(onlooker.final, 30, "the LED blinks, and stops")
        meshd.agent.answer(onlooker.blinks)
        check(board.has("prov", state="oob", oob=onlooker.blinks), f"{onlooker.blinks} blinks are the board's number")
    meshd.wait(lambda: meshd.app.added or meshd.app.add_failed, 60, "meshd provisions the board")
    check(meshd.app.added == (device, 0x0100, 1), f"meshd has the board at 0100 ({meshd.app.add_failed or 'no failure'})")
    if method == "no_oob":
        check(meshd.agent.prompted is None and onlooker.blinks == 0, "no number was asked for")
    return device


def composition_models(page):
    """The SIG models of the first element of a Composition Data Status, page 0."""
    elements = page[12:]
    count = elements[2]
    return [int.from_bytes(elements[4 + 2 * i:6 + 2 * i], "little") for i in range(count)]


def configure(meshd, address):
    composition = meshd.configure(address, bytes.fromhex("800800"), b"\x02\x00")
    check(composition[2:4] == COMPANY, "the composition data name the company")
    for model, name in MODELS.items():
        check(model in composition_models(composition), f"the composition data list the {name}")
    meshd.element.device_messages.clear()
    meshd.add_app_key(address)
    answer = meshd.received(meshd.element.device_messages, address, bytes.fromhex("8003"), 15)
    check(answer == bytes.fromhex("8003" "00" "000000"), "the board takes the application key (a segmented message)")
    bind = address.to_bytes(2, "little") + bytes.fromhex("0000" "0010")
    check(meshd.configure(address, bytes.fromhex("803d") + bind, bytes.fromhex("803e"))
          == bytes.fromhex("803e" "00") + bind, "the OnOff server is bound to it")


def switch(meshd, board, address):
    def turns(colour, since):
        return lambda: any(event["event"] == "led" and event["rgb"] == colour for event in board.events[since:])

    before = len(board.events)
    check(meshd.request(address, bytes.fromhex("8202" "01" "01"), bytes.fromhex("8204")) == bytes.fromhex("820401"),
          "Generic OnOff Set (on) is answered with the status on")
    meshd.wait(turns(ON_COLOUR, before), 10, "the board's LED turns green")
    before = len(board.events)
    meshd.send(address, bytes.fromhex("8203" "00" "02"))
    meshd.wait(turns(OFF_COLOUR, before), 10, "Set Unacknowledged (off) turns the LED red")
    check(meshd.request(address, bytes.fromhex("8201"), bytes.fromhex("8204")) == bytes.fromhex("820400"),
          "Generic OnOff Get says off")


def main():
    method, program, shim, script = sys.argv[1:]
    need_program("dbus-daemon")
    try:
        import meshd as peer
    except ImportError as error:
        skip(f"{error} (./check installs python3-dbus and python3-gi)")
    need_program(peer.DAEMON)
    from air_bridge import AirBridge
    onlooker = Onlooker()
    with Sandbox() as sandbox:
        bridge = AirBridge(sandbox, AIR, onlooker.light)
        bridge.start()
        meshd = peer.Meshd(sandbox, bridge, shim, ["blink"] if method == "output_oob" else [])
        meshd.create_network(uuid.uuid4().bytes)
        board = Blemesh(sandbox, program, "--trace", "--air", AIR, "--no-provision", script)
        try:
            provision(meshd, board, onlooker, method)
            configure(meshd, 0x0100)
            switch(meshd, board, 0x0100)
            check(meshd.configure(0x0100, bytes.fromhex("8049"), bytes.fromhex("804a")) == bytes.fromhex("804a"),
                  "the board answers Config Node Reset")
            meshd.wait(lambda: board.has("prov", state="reset"), 10, "the board forgets the network")
            check(not board.has("exception"), "no script raised anything")
        except BaseException:
            print("--- what the board said:")
            print("\n".join(str(event) for event in board.events[-60:]))
            raise
    print("all as it should be")


if __name__ == "__main__":
    main()
