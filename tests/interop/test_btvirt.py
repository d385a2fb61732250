"""Two processes, each with a Bluetooth controller of its own (bluez's btvirt emulates them): one provisions the other
and they exchange messages.

usage: test_btvirt.py adv|tcp_and_serial|gatt|cut|proxy|lost|commands|c_program BLEMESH SHIM [LAMP]
"""

import subprocess
import sys
import time

from btvirt import LAMP, PROXY, PROXY_ONLY, SWITCH, Controllers, write_script
from peers import Blemesh, Sandbox, check, wait_until


def is_complete(run, board):
    return run.has("prov", board=board, state="complete")


def printed(run, board, text):
    return sum(1 for event in list(run.events)
               if event.get("event") == "print" and event.get("board") == board and event.get("text") == text)


class Pair:
    """A lamp that waits to be provisioned, and a switch beside a provisioner that takes both into its network."""

    def __init__(self, sandbox, blemesh, bearer, lamp_radio, switch_radio):
        lamp = write_script(sandbox, "lamp", LAMP, bearer=bearer)
        switch = write_script(sandbox, "switch", SWITCH)
        self.lamp = Blemesh(sandbox, blemesh, "--no-provision", "--radio", lamp_radio, lamp)
        wait_until(lambda: self.lamp.has("prov", board="lamp", state="beaconing"), 10, "the lamp waits")
        self.switch = Blemesh(sandbox, blemesh, "--radio", switch_radio, "-i", "switch", switch,
                              stdin=subprocess.PIPE)

    def configured(self):
        """How many of the two are taken in."""
        return sum(1 for event in list(self.switch.events) if event.get("step") == "configured")

    def switch_lamp(self, on):
        before = printed(self.lamp, "lamp", f"lamp {on}")
        self.switch.process.stdin.write(f"switch.set_state({on})\n")
        self.switch.process.stdin.flush()
        wait_until(lambda: printed(self.lamp, "lamp", f"lamp {on}") > before, 10, f"the lamp becomes {on}")


def exchange(sandbox, controllers, blemesh, lamp_radio=None, switch_radio=None):
    pair = Pair(sandbox, blemesh, "PROV_ADV", lamp_radio or controllers.radios[0], switch_radio or controllers.radios[1])
    wait_until(lambda: pair.configured() == 2, 30, "both boards are provisioned and configured")
    check(is_complete(pair.lamp, "lamp"), "the lamp was provisioned over PB-ADV, from controller to controller")
    pair.switch_lamp(True)
    pair.switch_lamp(False)
    check(True, "messages go from controller to controller")
    return pair


def exchange_otherwise(sandbox, controllers, blemesh):
    exchange(sandbox, controllers, blemesh, controllers.over_tcp(), controllers.over_serial())


def exchange_gatt(sandbox, controllers, blemesh):
    pair = Pair(sandbox, blemesh, "PROV_GATT", controllers.radio, controllers.radio)
    wait_until(lambda: pair.configured() == 2, 30, "both boards are provisioned and configured")
    check(is_complete(pair.lamp, "lamp"), "the lamp was provisioned over PB-GATT: nothing else was on")
    pair.switch_lamp(True)


def cut(sandbox, controllers, blemesh):
    """Both controllers vanish in the middle of a PB-GATT provisioning, again and again, a little later each time. Even
    if it was in the very moment in which the lamp became a node: then the provisioner has to find out."""
    pair = Pair(sandbox, blemesh, "PROV_GATT", controllers.radio, controllers.radio)
    for steps in range(4):
        known = len(pair.lamp.events)
        wait_until(lambda known=known: any(event.get("state") in ("link_open", "complete")
                                           for event in pair.lamp.events[known:]), 30, "a link is opened")
        time.sleep(0.003 * steps)
        controllers.vanish()
        controllers.start()
        if is_complete(pair.lamp, "lamp"):
            break
    wait_until(lambda: pair.configured() == 2, 60, "both boards are provisioned and configured in the end")
    pair.switch_lamp(True)
    check(True, f"provisioned though the controllers vanished {steps + 1} times")


def run_c_program(sandbox, controllers, blemesh, lamp):
    sandbox.start("lamp", [lamp, controllers.radio])
    run = Blemesh(sandbox, blemesh, "--radio", controllers.radio)
    wait_until(lambda: run.has("provision", step="configured"), 30, "the C program's lamp is configured")
    check(True, "a C program speaks through a controller")


def exchange_proxy(sandbox, controllers, blemesh):
    only = write_script(sandbox, "only", PROXY_ONLY)
    proxy = write_script(sandbox, "proxy", PROXY)
    behind = Blemesh(sandbox, blemesh, "--no-provision", "--radio", controllers.radio, "-i", "only", only,
                     stdin=subprocess.PIPE)
    wait_until(lambda: behind.has("prov", board="only", state="beaconing"), 10, "the board waits")
    run = Blemesh(sandbox, blemesh, "--radio", controllers.radio, proxy)
    wait_until(lambda: sum(event.get("step") == "configured" for event in list(run.events)) == 2, 40,
               "both boards are provisioned and configured")
    check(is_complete(behind, "only"), "a board that can only connect was configured through the proxy")
    address = next(event["address"] for event in run.events
                   if event.get("board") == "proxy" and event.get("event") == "prov" and "address" in event)
    for on in (True, False):
        behind.process.stdin.write(f"switch.set_state({on}, {address}, ack=True)\n")
        behind.process.stdin.flush()
        wait_until(lambda on=on: printed(run, "proxy", f"lamp {on}"), 10, f"the proxy's lamp becomes {on}")
        wait_until(lambda on=on: printed(behind, "only", f"switch {on}"), 10, "and its answer comes back")
    check(True, "messages go both ways through the proxy connection")


def lose(sandbox, controllers, blemesh):
    pair = exchange(sandbox, controllers, blemesh)
    for _ in range(2):
        controllers.vanish()
        for run in (pair.lamp, pair.switch):
            wait_until(lambda: any("is lost" in str(event.get("text")) for event in list(run.events)), 10,
                       "the loss is told")
        check(True, "who loses his controller says so")
        for run in (pair.lamp, pair.switch):
            run.events.clear()
        controllers.start()
        for run in (pair.lamp, pair.switch):
            wait_until(lambda: any("is there again" in str(event.get("text")) for event in list(run.events)), 15,
                       "the controller's return is told")
        pair.switch_lamp(True)
        pair.switch_lamp(False)
        check(True, "with the controllers back, both are as they were")


def network_commands(sandbox, controllers, blemesh):
    """A network from the terminal, each command on a controller of its own behind a TCP port."""
    environment = dict(sandbox.environment, XDG_STATE_HOME=str(sandbox.folder))

    def command(*words):
        done = subprocess.run([blemesh, *words, "--radio", controllers.over_tcp()], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        check(done.returncode == 0, f"blemesh {' '.join(words)} ({done.stderr})")
        return done.stdout

    lamp = Blemesh(sandbox, blemesh, "--no-provision", "--radio", controllers.radio,
                   write_script(sandbox, "lamp", LAMP, bearer="PROV_GATT"))
    wait_until(lambda: lamp.has("prov", board="lamp", state="beaconing"), 10, "the lamp waits")
    heard = command("scan", "--timeout", "3")
    check("PB-GATT" in heard and "PB-ADV" not in heard and "  lamp" in heard,
          f"a scan hears its connectable advertising and its name ({heard})")
    command("provision", "--all", "--gatt", "--timeout", "5")
    wait_until(lambda: is_complete(lamp, "lamp"), 10, "the lamp is a node")
    command("key-refresh")
    command("node", "2", "configure")
    command("node", "2", "reset")
    wait_until(lambda: lamp.has("prov", board="lamp", state="reset"), 10, "the lamp was reset")


def main():
    mode, blemesh, shim, *more = sys.argv[1:]
    modes = {"adv": exchange, "tcp_and_serial": exchange_otherwise, "gatt": exchange_gatt, "cut": cut,
             "proxy": exchange_proxy, "lost": lose, "c_program": run_c_program, "commands": network_commands}
    with Sandbox() as sandbox:
        modes[mode](sandbox, Controllers(sandbox, shim), blemesh, *more)


if __name__ == "__main__":
    main()
