"""The provisioner: what it does when blinks cannot be seen, when a board fails, and across processes."""

import time

from command import BLINKER, SWITCH, check, events_of, interrupt, main, prints, run, select, start

PRINTS = BLINKER.replace("        blink(oob)", "        print('please enter', oob)")
DARK = BLINKER.replace("        blink(oob)", "        pass")
RESETS = SWITCH + """
import time
time.sleep(30)
mesh.reset_node_prov()
"""


def a_printed_number_is_used(folder):
    status, out, err = run(folder, "--virtual", "--for", "60s", "--json", folder.write("lamp.py", PRINTS))
    events = events_of(out)
    check(len(select(events, event="provision", step="read_print")) == 1, "it says that it uses the number printed")
    check(events[-1]["boards"]["lamp"]["provisioned"], "and provisions the board")


def a_board_that_fails_blocks_nobody(folder):
    dark, switch = folder.write("dark.py", DARK), folder.write("switch.py", SWITCH)
    status, out, err = run(folder, "--virtual", "--for", "200s", "--json", dark, switch)
    events = events_of(out)
    boards = events[-1]["boards"]
    check(not boards["dark"]["provisioned"], "the board without blinks is not provisioned")
    check(boards["switch"] and boards["switch"]["address"] == 2, "the other one is, with the first address")
    check(select(events, event="provision", step="failed", device="dark"), "a failure is told")
    check(select(events, event="provision", step="given_up", device="dark"), "and that it was given up")
    check(not select(events, event="ready"), "not all boards are provisioned: never ready")


def a_script_without_mesh_keeps_nobody_waiting(folder):
    plain, switch = folder.write("plain.py", "print('hello')\n"), folder.write("switch.py", SWITCH)
    status, out, err = run(folder, "--virtual", "--for", "30s", "--json", plain, switch)
    events = events_of(out)
    ready = select(events, event="ready")
    check(ready and ready[0]["t"] < 20, "ready comes for those that are there")


def a_reset_board_is_provisioned_again(folder):
    status, out, err = run(folder, "--virtual", "--for", "90s", "--json", folder.write("switch.py", RESETS))
    events = events_of(out)
    addresses = [event["address"] for event in select(events, board="switch", event="prov", state="complete")]
    check(addresses == [2, 3], f"with a new address ({addresses})")
    check(len(select(events, event="ready")) == 1, "ready only once")


def loss_is_overcome(folder):
    lamp, switch = folder.write("lamp.py", BLINKER), folder.write("switch.py", SWITCH)
    status, out, err = run(folder, "--virtual", "--for", "5m", "--loss", "0.2", "--delay", "10", "--json", lamp, switch)
    events = events_of(out)
    check(select(events, event="ready"), "ready at a loss of 20 % and 10 ms of delay")


def three_processes_on_one_air(folder):
    lamp, switch = folder.write("lamp.py", BLINKER), folder.write("switch.py", SWITCH)
    boards = [start(folder, "--air", "test", "--no-provision", "--json", lamp),
              start(folder, "--air", "test", "--no-provision", "--json", switch,
                    "--type", "switch@ready+8s:switch.set_state(True)")]
    time.sleep(1)
    provisioner = start(folder, "--air", "test", "--json")
    time.sleep(35)
    out = [interrupt(process)[0] for process in (*boards, provisioner)]
    lamp_events, switch_events, steps = map(events_of, out)
    check(len(select(steps, event="provision", step="configured")) == 2, "both devices are configured")
    check(select(steps, event="provision", step="counted"), "the blinks were seen from the other process")
    check(prints(lamp_events, "lamp") == ["lamp True"], "the lamp was switched on from another process")
    check("summary" == steps[-1]["event"], "the provisioner alone has a summary too")


def a_board_with_prov_gatt_alone_is_provisioned_over_gatt(folder):
    script = BLINKER.replace("PROV_ADV", "PROV_GATT")
    status, out, err = run(folder, "--virtual", "--for", "60s", "--json",
                           "--type", "switch@ready+1s:switch.set_state(True)",
                           folder.write("lamp.py", script), folder.write("switch.py", SWITCH))
    events = events_of(out)
    check(len(select(events, event="ready")) == 1, "the lamp and the switch are provisioned")
    check(select(events, event="provision", step="counted", device="lamp"), "with the number that the lamp blinks")
    check(prints(events, "lamp") == ["lamp True"], "the lamp is then switched over the air")


def a_board_is_provisioned_over_gatt_from_another_process(folder):
    board = start(folder, "--air", "gatt", "--no-provision", "--json",
                  folder.write("switch.py", SWITCH.replace("PROV_ADV", "PROV_GATT")))
    time.sleep(1)
    provisioner = start(folder, "--air", "gatt", "--json")
    time.sleep(8)
    out = [interrupt(process)[0] for process in (board, provisioner)]
    switch_events, steps = map(events_of, out)
    check(select(switch_events, event="prov", state="complete"), "the board is provisioned")
    check(len(select(steps, event="provision", step="configured")) == 1, "and configured")


main(a_printed_number_is_used, a_board_that_fails_blocks_nobody, a_script_without_mesh_keeps_nobody_waiting,
     a_reset_board_is_provisioned_again, loss_is_overcome, three_processes_on_one_air,
     a_board_with_prov_gatt_alone_is_provisioned_over_gatt, a_board_is_provisioned_over_gatt_from_another_process)
