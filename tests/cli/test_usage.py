"""Wrong usage gets status 2 and one clear line; help helps; how scripts end decides the exit status."""

import subprocess
import sys

from command import PROGRAM, check, events_of, main, run, select

WRONG = [
    ([], "no script"),
    (["missing.py"], "missing.py: No such file"),
    (["a.py", "--bogus"], "--bogus"),
    (["a.py", "--for", "5"], "--for 5"),
    (["a.py", "--virtual"], "--for"),
    (["a.py", "--virtual", "--for", "1s", "--air", "x"], "--air"),
    (["a.py", "--seed", "1", "--for", "1s"], "--seed"),
    (["a.py", "--type", "b@1s:x", "--for", "1s"], "no board named b"),
    (["a.py", "--type", "a@1s", "--for", "1s"], "BOARD@WHEN:CODE"),
    (["a.py", "--loss", "2", "--for", "1s"], "--loss 2"),
    (["a.py", "--air", "../x", "--for", "1s"], "--air ../x"),
    (["a.py", "--pcap", "/nowhere/x", "--for", "1s"], "/nowhere/x: No such file"),
    (["a.py", "--keys", "/nowhere/x", "--for", "1s"], "/nowhere/x: No such file"),
    (["--pcap", "a.py", "a.py", "--for", "1s"], "looks like a script"),
    (["a.py", "--pcap", "x", "--keys", "./x", "--for", "1s"], "cannot share"),
    (["a.py*0", "--for", "1s"], "number of boards"),
]


def wrong_usage(folder):
    folder.write("a.py", "print('never')\n")
    for words, says in WRONG:
        status, out, err = run(folder, *words)
        check(status == 2 and says in err and err.count("\n") == 1 and not out, f"{words}: {err.strip()}")
    for words, says in WRONG:
        status, out, err = run(folder, *words, "--json")
        check([status, events_of(out)] == [2, [{"error": err.removeprefix("blemesh: ").rstrip("\n")}]] and says in err,
              f"--json says it, too: {out}")


def the_command(folder):
    def call(*words):
        return subprocess.run([PROGRAM, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(call().returncode == 2, "no command")
    check(call("fly").returncode == 2 and "fly" in call("fly").stderr, "an unknown command")
    check(call("--version").stdout.startswith("blemesh "), "--version")
    check("run" in call("--help").stdout and call("--help").returncode == 0, "--help")
    check("--virtual" in call("run", "--help").stdout, "run --help")
    check(call("help", "run").stdout == call("run", "--help").stdout, "help run")


def exit_status(folder):
    cases = [
        ("fine.py", "print('hello')\n", 0, 0),
        ("leaves.py", "import sys\nsys.exit()\n", 0, 0),
        ("status.py", "import sys\nsys.exit(3)\n", 1, 3),
        ("raises.py", "raise ValueError('broken')\n", 1, 1),
        ("syntax.py", "def\n", 1, 1),
    ]
    for name, text, status, code in cases:
        script = folder.write(name, text)
        for mode in (["--virtual", "--for", "2s"], ["--for", "1s"]):
            got, out, err = run(folder, "--json", *mode, script)
            events = events_of(out)
            exits = select(events, event="exit")
            check(got == status and [e["code"] for e in exits] == [code], f"{name} {mode[0]}: {got}, {exits}")
            check(bool(select(events, event="exception")) == (name in ("raises.py", "syntax.py")),
                  f"{name}: a traceback only where there is one")
            check(events[-1]["event"] == "summary", f"{name}: the summary comes last")


def output_that_cannot_be_written(folder):
    script = folder.write("a.py", "print('hello')\n")
    for mode in (["--virtual", "--for", "2s"], ["--for", "1s"]):
        with open("/dev/full", "wb") as full:
            process = subprocess.run([PROGRAM, "run", *mode, script], stdin=subprocess.DEVNULL, stdout=full,
                                     stderr=subprocess.PIPE, text=True, timeout=30)
        check(process.returncode == 1 and "standard output: No space" in process.stderr, f"a full disk, {mode[0]}")
        for option in ("--pcap", "--keys"):
            status, out, err = run(folder, *mode, option, "/dev/full", script)
            check(status == 1 and "/dev/full: not everything" in err, f"{option} on a full disk, {mode[0]}")
    capture = folder.path / "capture"
    status = subprocess.run(f"'{PROGRAM}' run --json --for 1s --pcap '{capture}' '{script}' >&-", shell=True).returncode
    check(status == 0 and b"hello" not in capture.read_bytes(), "without a standard output nothing goes astray")


def children_do_not_write_into_lines(folder):
    script = folder.write("a.py", "import os\nprint('x' * 6000)\nos.system('echo child')\nos.write(1, b'fd')\n")
    status, out, err = run(folder, "--json", "--virtual", "--for", "1s", script)
    check(len(events_of(out)) == 3 and "child\nfd" in err, "what goes past sys.stdout is on standard error")


def names_and_numbers(folder):
    odd = folder.write("a@b:c.py", "")
    status, out, err = run(folder, "--json", "--virtual", "--for", "2s", "--type", "a@b:c@1s: 'x:@'", odd)
    check(select(events_of(out), event="print")[0]["text"] == "'x:@'", "a board's name with @ and : is typed at")
    script = folder.write("r.py", "import random\nprint(random.random())\n")
    texts = [run(folder, "--json", "--virtual", "--for", "1s", "--seed", seed, script)[1] for seed in ("08", "8", "0x8")]
    check(texts[0] == texts[1] == texts[2], "a seed with a leading 0 is decimal")


def typed_code_that_never_runs(folder):
    busy = folder.write("busy.py", "import time\nwhile True:\n    time.sleep(1)\n")
    status, out, err = run(folder, "--virtual", "--for", "10s", "--json", "--type", "busy@5s:print('typed')",
                           "--type", "busy@ready:1", "--type", "busy@60s:2", busy)
    warnings = [event["text"] for event in select(events_of(out), event="warning", board="busy")]
    check(status == 0, "the run ends well")
    check(any("never ran" in text for text in warnings), "typed while the script runs: said at the end")
    check(any("not all boards were provisioned" in text for text in warnings), "ready never came: said at the end")
    check(any("before its time" in text for text in warnings), "the run was over before: said at the end")


main(wrong_usage, the_command, exit_status, output_that_cannot_be_written, children_do_not_write_into_lines,
     names_and_numbers, typed_code_that_never_runs)
