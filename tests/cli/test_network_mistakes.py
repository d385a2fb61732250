"""What may go wrong with a network's commands: each time one clear line, the right status, and nothing is lost."""

import os
import resource
import shutil
import signal

from command import check, main
from network import Boards, as_nobody, begin, blemesh, done, refused, take_in

COMMANDS = ["scan", "provision", "nodes", "node", "keys", "key-refresh", "iv"]


def wrong_words_are_told(folder):
    for command in COMMANDS:
        check("usage: blemesh " + command in done(folder, command, "--help"), f"{command} has a help text")
        refused(folder, command, "--nonsense", says="unknown option --nonsense", status=2)
        refused(folder, command, "--network", says="needs a value", status=2)
        refused(folder, command, "--json=yes", says="takes no value", status=2)
        refused(folder, command, "2", "--radio", "radio", says="--radio radio: ", status=2)
        refused(folder, command, "2", "--timeout", "soon", says="--timeout soon: ", status=2)
    for words, says in [(["provision"], "which device?"), (["provision", "lamp"], "is no UUID"),
                        (["provision", "dd", "--all"], "do not go together"),
                        (["provision", "dd", "ee"], "one device at a time"),
                        (["provision", "--all", "--name", "lamp"], "for one device"),
                        (["provision", "dd", "--adv", "--gatt"], "do not go together"),
                        (["provision", "dd", "--oob", "what"], "it is none, output"),
                        (["provision", "dd", "--oob", "static:xyz"], "1 to 32 octets"),
                        (["provision", "dd", "--oob", "none", "--require-auth"], "do not go together"),
                        (["provision", "dd", "--address", "0x8000"], "0x0001 to 0x7fff"), (["node"], "which node?"),
                        (["scan", "x"], "options alone"), (["iv", "x"], "unknown action"),
                        (["keys", "x"], "unknown action"), (["key-refresh", "x"], "options alone")]:
        refused(folder, *words, says=says, status=2)
    check(not (folder.path / "state" / "blemesh").exists(), "and nothing was made of it")


def there_is_no_network(folder):
    for words in (["nodes"], ["node", "2"], ["keys"], ["key-refresh"], ["iv"]):
        refused(folder, *words, says="there is no network default yet (blemesh provision makes one")
    refused(folder, "nodes", "--network", "home", says="blemesh provision --network home makes one")
    refused(folder, "nodes", "--network", "../home", says="is no name for a network")


def nobody_is_there(folder):
    refused(folder, "provision", "dddd", "--timeout", "1", says="dddd: not heard within 1 s (0 other devices wait")
    refused(folder, "provision", "--all", "--timeout", "1", says="no device that waits to be provisioned was heard")
    check("Nothing was heard" in done(folder, "scan", "--timeout", "0.2"), "a scan says so too")


def radios_that_are_not_there(folder):
    refused(folder, "scan", "--radio", "unix:/nowhere", says="--radio unix:/nowhere: ")
    refused(folder, "scan", "--radio", "tcp:127.0.0.1:1", says="--radio tcp:127.0.0.1:1: ")
    refused(folder, "scan", "--radio", "air:no such", says="the air no such: ")
    refused(folder, "provision", "--all", "--radio", "unix:/nowhere", says="--radio unix:/nowhere: ")
    check(not list((folder.path / "state" / "blemesh").glob("*.db*")), "no network was made")


def a_radio_needs_permission(folder):
    words = ["scan", "--radio", "hci0", "--timeout", "1"]
    if os.geteuid() != 0:
        refused(folder, *words, says="--radio hci0: ")
        return
    open_to_nobody(folder)
    refused(folder, *words, says="--radio hci0: ", preexec_fn=as_nobody)


def open_to_nobody(folder):
    """The folder belongs to somebody without privileges, as far as a command needs it."""
    for path in [folder.path, *folder.path.rglob("*")]:
        os.chown(path, 65534, 65534)


def a_state_directory_that_is_read_only(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
    state = folder.path / "state" / "blemesh"
    more = {}
    if os.geteuid() == 0:
        open_to_nobody(folder)
        more["preexec_fn"] = as_nobody
    (state / "default.db").chmod(0o400)
    state.chmod(0o500)
    refused(folder, "node", "lamp", "name", "hall", says="Permission denied", **more)
    refused(folder, "provision", "dddd", "--network", "other", says="Permission denied", **more)
    state.chmod(0o700)
    (state / "default.db").chmod(0o644)
    refused(folder, "nodes", says="is open to other users (its mode must be 0600)", **more)
    (state / "default.db").chmod(0o600)
    check("lamp" in blemesh(folder, "nodes", **more)[1], "with its modes back it is as before")


def small_disk(size):
    """A disk that is full once a file has so many octets."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def a_full_disk(folder):
    with Boards(folder, "one") as boards:
        for size in (0, 4096, 20000, 40000):
            status, out, err = blemesh(folder, "provision", "--all", "--timeout", "3", "--oob", "none",
                                       "--network", f"full{size}", preexec_fn=small_disk(size))
            told = [line for line in err.splitlines() if line.startswith("blemesh")]
            check(status == 1 and told and "Sanitizer" not in err, f"{size} octets are told to be too few ({err})")
            check(not any(event.get("state") == "complete" for event in boards.events), "and the device stays as it is")
        take_in(folder, "lamp")
        status, out, err = blemesh(folder, "keys", "add", "app", preexec_fn=small_disk(0))
        check(status == 1 and "cannot" in err, f"a key that cannot be kept is none ({err})")
        check("lights" not in done(folder, "keys") and "lamp" in done(folder, "nodes"), "what was there is there")


def nothing_can_be_written(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
        with open("/dev/full", "w") as full:
            for words in (["nodes"], ["nodes", "--json"], ["keys", "--json"], ["node", "lamp"], ["groups"], ["iv"],
                          ["send", "--list"], ["send", "lamp", "onoff-get"], ["config", "lamp", "ttl", "--json"],
                          ["config", "--help"]):
                process = begin(folder, *words, out=full)
                err = process.communicate(timeout=20)[1]
                check(process.returncode == 1 and err.count("could be written") <= 1, f"{words}: status 1 ({err.strip()})")
            process = begin(folder, "nodes", out=full)
            check("standard output: No space left" in process.communicate(timeout=20)[1], "and why is told")


def files_that_are_none_of_ours(folder):
    with Boards(folder, "one"):
        take_in(folder, "lamp")
    state = folder.path / "state" / "blemesh"
    whole = (state / "default.db").read_bytes()
    for name, octets in [("text", b"a letter to somebody\n" * 300), ("short", whole[:5000]), ("head", whole[:100]),
                         ("zeros", bytes(8192)), ("mixed", whole[:4096] + bytes(reversed(whole[4096:])))]:
        path = state / f"{name}.db"
        path.write_bytes(octets)
        path.chmod(0o600)
        refused(folder, "nodes", "--network", name, says="damaged")
        check(path.read_bytes() == octets, "it is left as it is")
    (state / "folder.db").mkdir()
    refused(folder, "nodes", "--network", "folder", says="folder.db")
    (state / "link.db").symlink_to(state / "default.db")
    refused(folder, "nodes", "--network", "link", says="link.db")
    done(folder, "run", "--state", "boards", "--for", "1s", folder.write("pass.py", "pass\n"))
    shutil.copy(folder.path / "boards" / "pass.db", state / "board.db")
    (state / "board.db").chmod(0o600)
    refused(folder, "nodes", "--network", "board", says="holds no network")


main(wrong_words_are_told, there_is_no_network, nobody_is_there, radios_that_are_not_there, a_radio_needs_permission,
     a_state_directory_that_is_read_only, a_full_disk, nothing_can_be_written, files_that_are_none_of_ours)
