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
    (["a.py*0", "--for", "1s"], "number of boards"),
]


def wrong_usage(folder):
    folder.write("a.py", "print('never')\n")
    for words, says in WRONG:
        status, out, err = run(folder, *words)
        check(status == 2 and says in err and err.count("\n") == 1 and not out, f"{words}: {err.strip()}")


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


def typed_code_that_never_runs(folder):
    busy = folder.write("busy.py", "import time\nwhile True:\n    time.sleep(1)\n")
    status, out, err = run(folder, "--virtual", "--for", "10s", "--json", "--type", "busy@5s:print('typed')",
                           "--type", "busy@ready:1", "--type", "busy@60s:2", busy)
    warnings = [event["text"] for event in select(events_of(out), event="warning", board="busy")]
    check(status == 0, "the run ends well")
    check(any("never ran" in text for text in warnings), "typed while the script runs: said at the end")
    check(any("not all boards were provisioned" in text for text in warnings), "ready never came: said at the end")
    check(any("before its time" in text for text in warnings), "the run was over before: said at the end")


main(wrong_usage, the_command, exit_status, typed_code_that_never_runs)
