"""Virtual time: boards are provisioned in order, code is typed, and two runs are equal octet by octet."""

import subprocess
import sys

from command import BLINKER, SWITCH, check, events_of, main, prints, run, select


def boards_come_into_the_mesh_in_order(folder):
    lamp, switch = folder.write("lamp.py", BLINKER), folder.write("switch.py", SWITCH)
    status, out, err = run(folder, "--virtual", "--for", "90s", "--json", "--trace", f"{lamp}*2", switch,
                           "--type", "switch@ready+2s:switch.set_state(True)", "--type", "switch@ready+4s:1 + 1",
                           "--type", "switch@ready+5s:switch.get_state()")
    check(status == 0 and not err, f"the run ends well ({status}, {err})")
    events = events_of(out)
    boards = events[-1]["boards"]
    check([boards[name]["address"] for name in ("lamp", "lamp-2", "switch")] == [2, 3, 4], "addresses in order")
    check(boards["provisioner"]["address"] == 1, "the provisioner is 0x0001")
    for name in ("lamp", "lamp-2"):
        shown = select(events, board=name, event="prov", state="oob")[0]["oob"]
        counted = select(events, event="provision", step="counted", device=name)[0]["number"]
        check(shown == counted, f"{name}: {shown} shown, {counted} blinks counted")
        check(prints(events, name) == ["lamp True"], f"{name} was switched on")
    ready = select(events, event="ready")
    check(len(ready) == 1, "ready once")
    typed = select(events, event="typed", board="switch")
    check(abs(typed[0]["t"] - ready[0]["t"] - 2) < 0.001, "typed two seconds later")
    check("2" in prints(events, "switch"), "an expression's repr is printed")
    check("switch hears True" in prints(events, "switch"), "the status came back")
    sent = select(events, board="switch", event="message", dir="tx", opcode="Generic OnOff Set Unacknowledged")
    check(len(sent) == 1 and sent[0]["parameters"]["onoff"] == 1, "the message was traced")
    times = [event["t"] for event in events]
    check(times == sorted(times), "events come in the order of time")


def two_runs_are_equal(folder):
    lamp, switch = folder.write("lamp.py", BLINKER), folder.write("switch.py", SWITCH + """
import random
print(random.random(), hash("text"), {"a", "b", "c", "d"}, id(mesh))
""")
    (folder.path / "elsewhere").mkdir()
    results = []
    for number, (cwd, variables) in enumerate([
            (folder.path, {"TZ": "UTC", "PYTHONHASHSEED": "1"}),
            (folder.path / "elsewhere", {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "random"})]):
        load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * number)]
        capture = folder.path / f"{number}.pcapng"
        try:
            status, out, err = run(folder, "--virtual", "--for", "60s", "--json", "--trace", "--pcap", capture,
                                   "--type", "switch@ready:switch.set_state(True)", lamp, switch, cwd=cwd, **variables)
        finally:
            for process in load:
                process.kill()
                process.wait()
        check(status == 0, f"run {number} ends well ({err})")
        results.append((out, capture.read_bytes()))
    check(len(results[0][1]) > 1000, "there is a capture")
    check(results[0][0] == results[1][0], "equal output")
    check(results[0][1] == results[1][1], "equal captures")
    other = run(folder, "--virtual", "--for", "60s", "--seed", "2", "--json", lamp, switch)[1]
    same = run(folder, "--virtual", "--for", "60s", "--seed", "2", "--json", lamp, switch)[1]
    check(other == same and other != results[0][0], "another seed gives another run, the same each time")


def the_human_picture(folder):
    lamp = folder.write("lamp.py", BLINKER)
    status, out, err = run(folder, "--virtual", "--for", "40s", lamp)
    text = out.decode()
    check(status == 0 and "\x1b" not in text, "no colours without a terminal")
    for part in ("lamp", "\u25cf yellow", "is provisioned, address 0x0002", "all boards are provisioned", "summary"):
        check(part in text, f"it says {part!r}")


def input_oob_takes_the_number_that_the_provisioner_says(folder):
    device = folder.write("device.py", SWITCH.replace("callback=None", "auth=mesh.OOB_INPUT"))

    def with_number(number):
        typed = f"device@8s:mesh.input_oob({number!r})"
        status, out, err = run(folder, "--virtual", "--for", "9s", "--type", typed, device)
        check(status == 0, f"the run ends well ({err})")
        return out.decode()

    wanted = int(with_number(0).split("must be given the number ")[1].split()[0])
    check("device failed" in with_number(wanted % 9 + 1), "a wrong number is refused")
    for number in wanted, str(wanted):
        check("provisioned device" in with_number(number), f"{number!r} is the right number")


def pb_adv_is_taken_where_there_is_a_choice(folder):
    def opened(bearers):
        board = folder.write("board.py", SWITCH.replace("mesh.PROV_ADV", bearers))
        status, out, err = run(folder, "--virtual", "--for", "20s", "--json", "--pcap", folder.path / "air", board)
        check(status == 0 and len(select(events_of(out), event="ready")) == 1, f"{bearers}: provisioned ({err})")
        return select(events_of(out), event="provision", step="found")[0]["t"]

    check(opened("mesh.PROV_ADV | mesh.PROV_GATT") < 3, "a board with both bearers waits for nothing")
    check(opened("mesh.PROV_GATT") >= 3, "one with GATT alone is given the time to beacon")


main(pb_adv_is_taken_where_there_is_a_choice, input_oob_takes_the_number_that_the_provisioner_says, boards_come_into_the_mesh_in_order, two_runs_are_equal, the_human_picture)
