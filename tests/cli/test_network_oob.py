"""blemesh provision with devices that prove who they are: values are read off them, or shown for them."""

import json
import signal
import time

from command import check, main
from network import Boards, begin, blemesh, devices, done, lines, refused, talk


def a_value_is_read_off_the_device(folder):
    with Boards(folder, "one", auth="mesh.OOB_OUTPUT") as boards:
        running = begin(folder, "provision", *devices(folder, 1))
        status, out, err = talk(running, "how often does the device blink?",
                                lambda: "abc\n" + boards.printed("shows").split()[1] + "\n")
        check(status == 0 and "0x0002" in out, f"the value that the device shows makes a node ({err})")
        check("that cannot be its number" in err, "what is no number is asked for again")
        check("HMAC-SHA256" in err and "confirmed" in err, "the phases are shown")


def a_wrong_value_is_refused(folder):
    with Boards(folder, "one", auth="mesh.OOB_OUTPUT") as boards:
        running = begin(folder, "provision", *devices(folder, 1))
        status, out, err = talk(running, "how often",
                                lambda: f"{int(boards.printed('shows').split()[1]) % 5 + 1}\n")
        check(status == 1 and "the authentication failed" in err, f"it is told ({err})")
        check("0x0002" not in done(folder, "nodes"), "and is no node")
        refused(folder, "provision", *devices(folder, 1), "--oob", "static:00112233",
                says="it does not offer what was asked for")


def a_value_is_shown_for_the_device(folder):
    with Boards(folder, "one", auth="mesh.OOB_INPUT", prompt="one") as boards:
        running = begin(folder, "provision", *devices(folder, 1), "--json")
        for line in running.stdout:
            row = json.loads(line)
            if row["step"] == "show_oob":
                break
        boards.printed("asks")
        boards.type(f"mesh.input_oob({row['value']})")
        out, err = running.communicate(timeout=30)
        check(running.returncode == 0 and lines(out)[-1]["step"] == "done", f"it is a node ({err})")


def without_proof_there_is_none(folder):
    with Boards(folder, "one"):
        refused(folder, "provision", *devices(folder, 1), "--require-auth",
                says="it does not offer what was asked for")
        refused(folder, "provision", *devices(folder, 1), "--oob", "output",
                says="it does not offer what was asked for")


def ctrl_c_leaves_everything_sound(folder):
    with Boards(folder, "one", auth="mesh.OOB_OUTPUT") as boards:
        running = begin(folder, "provision", *devices(folder, 1))
        talk(running, "how often", None)
        refused(folder, "nodes", says="network default is in use by another blemesh")
        running.send_signal(signal.SIGINT)
        begun = time.monotonic()
        check(running.wait(timeout=10) == 1 and time.monotonic() - begun < 5, "it ends at once")
        boards.wait(event="prov", state="closed")
        check("0x0002" not in done(folder, "nodes"), "the device is no node")
        out, err = blemesh(folder, "provision", *devices(folder, 1), "--oob", "none")[1:]
        check("0x0003" in out, f"it can be provisioned again, under an address never given out ({err})")


def nobody_answers_for_a_closed_input(folder):
    with Boards(folder, "one", auth="mesh.OOB_OUTPUT"):
        refused(folder, "provision", *devices(folder, 1), says="nobody is here to tell what the device shows")


main(a_value_is_read_off_the_device, a_wrong_value_is_refused, a_value_is_shown_for_the_device,
     without_proof_there_is_none, ctrl_c_leaves_everything_sound, nobody_answers_for_a_closed_input)
