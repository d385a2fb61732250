"""blemesh run --state on disks that fail: full, read-only, and stores that are cut short or somebody else's. What is
wrong is said, in one line or as one warning a board, and what was kept before is sound."""

import os
import resource
import signal
import sqlite3
import subprocess

from command import BLINKER, PROGRAM, SWITCH, check, events_of, main, prints, run, select

LAMP = BLINKER + """
print("state", lamp.get_state())
"""
NOBODY = 65534


def scripts(folder):
    return folder.write("lamp.py", LAMP), folder.write("switch.py", SWITCH)


def again(folder, *words):
    status, out, err = run(folder, "--state", "st", "--json", "--virtual", *words)
    check(status == 0 and not err, f"the run ends well ({status}, {err})")
    return events_of(out)


def limited(folder, octets, *words):
    """A run that can make no file longer than this: what a full disk does."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))
    process = subprocess.Popen([PROGRAM, "run", "--state", "st", "--json", *map(str, words)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder.path,
                               env=folder.environment(), preexec_fn=limit)
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err.decode(errors="replace")


def a_full_disk_is_told_once_a_board_and_nothing_is_half_kept(folder):
    lamp, switch = scripts(folder)
    for octets in (24576, 40960):
        status, out, err = limited(folder, octets, "--virtual", "--for", "40s", lamp, switch)
        check(status == 0 and not err, f"the run goes on and ends well ({status}, {err})")
        events = events_of(out)
        warned = [e["board"] for e in select(events, event="warning") if "cannot be kept" in e["text"]]
        check(len(warned) == len(set(warned)), f"a board says it once: {warned}")
        told = [e["device"] for e in select(events, event="provision", step="given_up") if "the store refuses" in e["text"]]
        check(warned or told, f"somebody says it: {warned} {told}")
    events = again(folder, "--for", "90s", lamp, switch)
    # Of whom the provisioner could not keep the device key it says what to do.
    for event in select(events, event="provision", step="given_up"):
        check("without its file in the state directory it starts anew" in event["text"], event["text"])
        (folder.path / "st" / f"{event['device']}.db").unlink()
    events = again(folder, "--for", "90s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    check(prints(events, "lamp")[-1] == "lamp True", "with room again the network comes to stand")
    addresses = [e["address"] for e in select(events, event="prov") if "address" in e]
    check(len(set(addresses)) == 2, f"no two of one address: {addresses}")
    events = again(folder, "--for", "5s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(False)")
    check(prints(events, "lamp") == ["state True", "lamp False"], "and is kept")


def a_disk_that_fills_up_later_loses_nothing_that_was_kept(folder):
    lamp, switch = scripts(folder)
    again(folder, "--for", "60s", lamp, switch)
    status, out, err = limited(folder, 4096, "--virtual", "--for", "10s", lamp, switch, "--type",
                               "switch@5s:switch.set_state(True)")
    check(status in (0, 2) and "Traceback" not in err and err.count("\n") <= 1, f"it says so: {status} {err!r}")
    if status == 0:
        check([e["state"] for e in select(events_of(out), event="prov", board="lamp")] == ["restored"], "known as ever")
    events = again(folder, "--for", "10s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    check([e["state"] for e in select(events, event="prov", board="lamp")] == ["restored"], "the lamp is what it was")
    check(prints(events, "lamp")[-1] == "lamp True", "and hears its switch")


def refused(folder, wanted, *words, **more):
    process = subprocess.Popen([PROGRAM, "run", "--state", "st", "--for", "2s", *map(str, words)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               cwd=folder.path, env=folder.environment(), **more)
    _, err = process.communicate(timeout=60)
    err = err.decode(errors="replace")
    check(process.returncode == 2 and wanted in err and err.count("\n") == 1, f"{wanted!r} in one line: {err!r}")


def a_read_only_directory_is_refused(folder):
    lamp, _ = scripts(folder)
    again(folder, "--for", "40s", lamp)
    st = folder.path / "st"
    more = {}
    if os.geteuid() == 0:
        # For root nothing is read-only: somebody else tries.
        for path in (folder.path, folder.path / "runtime", st, *st.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        if subprocess.run([PROGRAM, "--version"], user=NOBODY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode:
            print("skipped: nobody may run the program here")
            return
        more = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    (st / "lock").unlink(missing_ok=True)
    st.chmod(0o500)
    refused(folder, "cannot open", lamp, **more)
    st.chmod(0o700)
    for path in st.glob("lamp.db*"):
        path.chmod(0o400)
    refused(folder, "lamp.db: Permission denied", lamp, **more)


def a_store_cut_short_is_refused_and_not_touched(folder):
    lamp, _ = scripts(folder)
    again(folder, "--for", "40s", lamp)
    store = folder.path / "st" / "lamp.db"
    whole = store.read_bytes()
    for keep in (1, 15, 100, 512, 4095, len(whole) - 4096):
        store.write_bytes(whole[:keep])
        refused(folder, "damaged, or not a store", lamp)
        check(store.read_bytes() == whole[:keep], f"{keep} of {len(whole)} octets stay as they are")
    store.write_bytes(whole)
    events = again(folder, "--for", "5s", lamp)
    check([e["state"] for e in select(events, event="prov", board="lamp")] == ["restored"], "the whole one is fine")


def a_store_with_octets_changed_never_stops_the_others(folder):
    """Somewhere in its pages: refused, or the board starts on the safe side."""
    lamp, switch = scripts(folder)
    again(folder, "--for", "60s", lamp, switch)
    store = folder.path / "st" / "lamp.db"
    whole = store.read_bytes()
    for at in range(100, len(whole), len(whole) // 6):
        spoilt = bytearray(whole)
        spoilt[at:at + 40] = bytes(octet ^ 0xff for octet in whole[at:at + 40])
        store.write_bytes(bytes(spoilt))
        status, out, err = run(folder, "--state", "st", "--json", "--virtual", "--for", "5s", lamp, switch)
        check(status in (0, 2) and err.count("\n") == (status == 2), f"octet {at}: {status} {err!r}")
        if status == 0:
            check(select(events_of(out), event="prov", board="switch")[0]["state"] == "restored", "the switch is itself")


def a_database_of_somebody_else_is_refused_and_not_touched(folder):
    lamp, _ = scripts(folder)
    st = folder.path / "st"
    st.mkdir(mode=0o700)
    store = st / "lamp.db"
    with sqlite3.connect(store) as db:
        db.execute("CREATE TABLE photos(name TEXT)")
        db.execute("INSERT INTO photos VALUES('holiday')")
    db.close()
    store.chmod(0o600)
    before = store.read_bytes()
    refused(folder, "damaged, or not a store", lamp)
    with sqlite3.connect(store) as db:
        check(db.execute("SELECT name FROM photos").fetchall() == [("holiday",)], "what it holds is there")
        check(db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (1,), "and nothing else")
    db.close()
    check(before == store.read_bytes(), "octet for octet")


def a_link_in_place_of_a_store_is_not_followed(folder):
    lamp, _ = scripts(folder)
    st = folder.path / "st"
    st.mkdir(mode=0o700)
    (st / "lamp.db").symlink_to(folder.path / "elsewhere")
    refused(folder, "lamp.db", lamp)
    check(not (folder.path / "elsewhere").exists(), "nothing is written elsewhere")


def a_log_that_is_lost_after_an_orderly_end_takes_nothing_along(folder):
    lamp, switch = scripts(folder)
    again(folder, "--for", "60s", lamp, switch)
    check(not list((folder.path / "st").glob("*-wal")), "there is none after a virtual run")
    process = subprocess.Popen([PROGRAM, "run", "--state", "st", "--json", lamp, switch], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder.path,
                               env=folder.environment())
    for line in process.stdout:
        if b'"ready"' in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    check(not list((folder.path / "st").glob("*-wal")), "none after Ctrl-C")
    events = again(folder, "--for", "5s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    check(prints(events, "lamp")[-1] == "lamp True", "and the network is there")


main(a_full_disk_is_told_once_a_board_and_nothing_is_half_kept, a_disk_that_fills_up_later_loses_nothing_that_was_kept,
     a_read_only_directory_is_refused, a_store_cut_short_is_refused_and_not_touched,
     a_store_with_octets_changed_never_stops_the_others, a_database_of_somebody_else_is_refused_and_not_touched,
     a_link_in_place_of_a_store_is_not_followed, a_log_that_is_lost_after_an_orderly_end_takes_nothing_along)
