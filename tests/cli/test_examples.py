"""The example scripts do what their first lines say: each is run, typed at, and prints what a reader would expect."""

import pathlib

from command import check, events_of, main, prints, run, select

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
ran = set()


def play(folder, scripts, *typed, seconds=60, options=()):
    """Runs examples, by name (name*N for more boards of one), in virtual time; typed: (board@when, code)."""
    ran.update(script.split("*")[0] for script in scripts)
    paths = [str(EXAMPLES / f"{name}.py{star}{count}") for name, star, count in (s.partition("*") for s in scripts)]
    words = [word for when, code in typed for word in ("--type", f"{when}:{code}")]
    status, out, err = run(folder, "--virtual", "--for", f"{seconds}s", "--json", *options, *words, *paths)
    check(status == 0 and not err, f"{' '.join(scripts)}: the run ends well ({status}, {err})")
    events = events_of(out)
    bad = select(events, event="exception") + select(events, event="warning")
    check(not bad, f"{' '.join(scripts)}: nothing goes wrong ({bad})")
    return events


def has_in_order(events, board, *wanted):
    said = prints(events, board)
    lines = iter(said)
    check(all(any(line == part for line in lines) for part in wanted), f"{board} says {wanted} ({said})")


def onoff(folder):
    events = play(folder, ["onoff_server", "onoff_client"], ("onoff_client@ready+1s", "switch.set_state(True)"),
                  ("onoff_client@ready+2s", "switch.set_state(False)"),
                  ("onoff_client@ready+3s", "switch.get_state()"))
    has_in_order(events, "onoff_server", "the lamp is on", "the lamp is off")
    has_in_order(events, "onoff_client", "a lamp says it is off")
    shown = select(events, board="onoff_server", event="prov", state="oob")[0]["oob"]
    counted = select(events, event="provision", step="counted")[0]["number"]
    check(shown == counted, f"{shown} shown, {counted} blinks counted")


def sensor(folder):
    events = play(folder, ["sensor_server", "sensor_client"], ("sensor_client@ready+1s", "monitor.get_state()"))
    told = [line.rsplit(" ", 1)[1] for line in prints(events, "sensor_server") if line.startswith("telling")]
    heard = [line.rsplit(" ", 1)[1] for line in prints(events, "sensor_client")]
    check(len(told) > 5 and set(told[1:]) <= set(heard), f"what is told is heard ({told}, {heard})")
    check(len(heard) > len(told) - 1, "and what is asked for is answered")


def level(folder):
    events = play(folder, ["dimmer", "knob"], ("knob@ready+1s", "knob.set_state(0)"),
                  ("knob@ready+2s", "turn(10000)"), ("knob@ready+3s", "fade(-5000)"), ("knob@ready+5s", "fade(0)"),
                  ("knob@ready+6s", "knob.get_state()"))
    has_in_order(events, "dimmer", "the level is 0", "the level is 10000", "the level is 9500", "the level is 0")
    has_in_order(events, "knob", "a dimmer is at 0")
    check(select(events, board="dimmer", event="led", rgb="a6a6a6"), "the LED follows")


def proxy(folder):
    for scripts in ["proxy", "proxy_only", "onoff_client"], ["proxy_only", "onoff_client", "proxy"]:
        events = play(folder, scripts, ("onoff_client@ready+5s", "switch.set_state(True)"),
                      ("onoff_client@ready+7s", "switch.set_state(False)"),
                      ("proxy_only@ready+9s", "ask()"), seconds=120)
        has_in_order(events, "proxy_only", "the lamp is on", "the lamp is off", "the other lamp is off")


def secondary_elements(folder):
    events = play(folder, ["two_lamps", "onoff_client"], ("onoff_client@ready+1s", "switch.set_state(True)"),
                  ("onoff_client@ready+2s", "switch.set_state(True, 0x0003)"))
    check(prints(events, "two_lamps") == ["the left lamp is on", "the right lamp is on"],
          "all nodes reaches the first lamp alone, its address the second")


def groups_and_labels(folder):
    events = play(folder, ["kitchen_lamp*2", "kitchen_switch", "two_lamps"],
                  ("kitchen_switch@ready+1s", "press(True)"), ("kitchen_switch@ready+2s", "evening(False)"))
    for lamp in "kitchen_lamp", "kitchen_lamp-2":
        said = prints(events, lamp)
        check(said[0] == "the kitchen is lit through 0xc000" and said[1].startswith("the kitchen is dark through 0x"),
              f"{lamp} took the group's message and the label's ({said})")
        check(0x8000 <= int(said[1].split()[-1], 16) <= 0xBFFF, "the label has a virtual address")
    check(prints(events, "two_lamps") == [], "who is not in the kitchen takes nothing")


def input_oob(folder):
    first = play(folder, ["push_button"], seconds=5)
    number = select(first, event="provision", device="push_button", step="enter_at_device")[0]["number"]
    events = play(folder, ["push_button"], ("push_button@5s", f"pushes({number})"), seconds=15)
    has_in_order(events, "push_button", "push the button as often as the provisioner says: pushes(N)",
                 "one of the mesh")


def range_test(folder):
    events = play(folder, ["onoff_server", "range_test"])
    said = prints(events, "range_test")
    check(len(said) > 3 and set(said) == {"0x0002 answers at -50 dBm, TTL 7"}, f"who answers, and how loud ({said})")
    said = prints(play(folder, ["range_test"]), "range_test")
    check(set(said) == {"no answer from 0x0002"}, f"alone in the mesh, it hears nothing ({said})")


def new_owner(folder):
    events = play(folder, ["new_owner"], ("new_owner@ready+1s", "leave()"))
    has_in_order(events, "new_owner", "taken into a network", "the network is forgotten; the lamp is still on",
                 "taken into a network")


def provisioner(folder):
    board = "provisioner-2"  # the built-in one has the name, and stands back
    events = play(folder, ["provisioner", "onoff_server", "onoff_client"], (f"{board}@20s", "show_nodes()"),
                  ("onoff_client@21s", "switch.set_state(True)"), (f"{board}@22s", "switch.set_state(False)"),
                  (f"{board}@23s", "prov.reset_node(2)"), seconds=40)
    check(not select(events, event="provision"), "the built-in provisioner takes nobody in")
    check(select(events, board=board, event="prov", state="provisioner", address=1), "the script is one")
    has_in_order(events, "onoff_server", "the lamp is on", "the lamp is off")
    said = prints(events, board)
    check({"0x0002 is configured", "0x0003 is configured"} <= set(said), f"both boards are configured ({said})")
    check([line.split()[0::2] for line in said if "0x0000 " in line] == [["0x0002", "0x0000", "0x1000"],
                                                                         ["0x0003", "0x0000", "0x1001"]],
          f"nodes are shown with their models ({said})")
    check(said[-1] == "0x0004 is configured", f"who was thrown out is taken in again ({said})")


def low_power(folder):
    events = play(folder, ["low_power_sensor", "low_power_friend"], ("low_power_friend@ready+15s", "ask()"),
                  seconds=150)
    friend = select(events, board="low_power_friend", event="prov", state="complete")[0]["address"]
    found = select(events, board="low_power_sensor", event="prov", state="friend_found")
    check([e["address"] for e in found] == [friend], f"the sensor found its friend once and for all ({found})")
    told, heard = prints(events, "low_power_sensor"), prints(events, "low_power_friend")
    check(len(told) == 2 and sum(line.startswith("a sensor measures") for line in heard) == 2,
          f"what the sensor tells is heard ({told}, {heard})")
    answers = [line for line in heard if line.startswith("asked, after")]
    check(len(answers) == 1 and 0 <= int(answers[0].split()[2]) <= 10, f"a sleeping sensor answers ({heard})")


def thermometer(folder):
    events = play(folder, ["thermometer", "thermometer_display", "cadence"],
                  ("thermometer_display@ready+1s", "display.get_state()"),
                  ("cadence@45s", "tell_every(2, 0x0002)"), seconds=140)
    degrees = [float(line.split()[2]) for line in prints(events, "thermometer") if line.startswith("it has")]
    check(len(degrees) > 10 and degrees[:3] == [18.5, 19.0, 19.5], f"it is measured by half degrees ({degrees})")
    heard = [float(line.split()[2]) for line in prints(events, "thermometer_display")]
    check(heard[:5] == [18.0, 18.5, 19.0, 19.5, 20.0], f"asked and told, each change is shown ({heard})")
    has_in_order(events, "thermometer", "from now on tells every change of 2.0 degrees")
    has_in_order(events, "cadence", "it tells every change of 2.0 degrees, but not twice within 1.024 s")
    check([b - a for a, b in zip(heard[5:], heard[6:])].count(0.5) == 0 and len(heard) < len(degrees),
          f"and then changes of two degrees ({heard})")


def every_example_was_run(folder):
    there = {path.stem for path in EXAMPLES.glob("*.py")}
    check(there == ran, f"each example is run here ({there ^ ran})")
    for path in EXAMPLES.glob("*.py"):
        lines = path.read_text().splitlines()
        check(lines[0].startswith("# ") and lines[1] == "#" and lines[2].startswith("# Shows: "),
              f"{path.name} says what it shows")


main(proxy, onoff, sensor, thermometer, low_power, level, secondary_elements, groups_and_labels, input_oob, range_test, new_owner, provisioner,
     every_example_was_run)
