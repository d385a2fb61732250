"""The Debian packages: built as a packager does, what is in them, what they depend on, and that what is unpacked works;
the manual page and the completions know every command and every option.

    test_packages.py CMAKE SOURCE BUILD COMPILER
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

cmake, source, build, compiler = sys.argv[1:]
build = pathlib.Path(build)


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print("ok:", what, flush=True)


def output(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def make_packages():
    generator = [] if (build / "CMakeCache.txt").exists() else ["-G", "Ninja"]
    output(cmake, *generator, "-S", source, "-B", build, f"-DCMAKE_C_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=Debug",
           "-DBLEMESH_TESTS=OFF", "-Wno-dev")
    # Two other tests may run beside this one.
    output(cmake, "--build", build, "--parallel", "2")
    for package in build.glob("*.deb"):
        package.unlink()
    output(pathlib.Path(cmake).with_name("cpack"), "-G", "DEB", cwd=build)
    return {re.match("[^_]*", package.name).group(): package for package in build.glob("*.deb")}


def look_inside(packages):
    check(sorted(packages) == ["blemesh", "libblemesh-dev"], f"two packages: {sorted(packages)}")
    held = output("dpkg-deb", "-c", packages["blemesh"])
    for path in ("bin/blemesh", "share/man/man1/blemesh.1.gz", "share/bash-completion/completions/blemesh",
                 "share/zsh/vendor-completions/_blemesh", "lib/systemd/system/blemesh-node@.service",
                 "lib/systemd/system/blemesh-run@.service", "share/doc/blemesh/README.md", "share/doc/blemesh/copyright",
                 "share/doc/blemesh/examples/onoff_server.py"):
        check(f" ./usr/{path}\n" in held, f"blemesh has usr/{path}")
    check(all(" root/root " in line for line in held.splitlines()), "all of it is root's")
    depends = output("dpkg-deb", "-f", packages["blemesh"], "Depends")
    for library in ("libc6", "libpython3", "libuv1", "libsqlite3-0", "libmbedcrypto", "libjansson4", "libedit2"):
        check(library in depends, f"it depends on {library}")
    held = output("dpkg-deb", "-c", packages["libblemesh-dev"])
    for path in ("include/blemesh/node.h", "include/blemesh/node_size.h", "lib/libblemesh.a", "lib/libblemesh-air.a",
                 "lib/pkgconfig/blemesh.pc", "lib/cmake/blemesh/blemesh-config.cmake"):
        check(re.search(rf" \./usr/{path.replace('lib/', 'lib/(?:[a-z0-9_-]+/)?', 1)}\n", held), f"libblemesh-dev has usr/{path}")
    check("libmbedtls-dev" in output("dpkg-deb", "-f", packages["libblemesh-dev"], "Depends"), "it brings mbedTLS's headers")


def use(root):
    """What is unpacked, as far as it goes without being installed."""
    program = root / "usr/bin/blemesh"
    check(re.fullmatch(r"blemesh \d+\.\d+\.\d+\n", output(program, "--version")), "the command runs")
    scripts = sorted((root / "usr/share/doc/blemesh/examples").glob("onoff_*.py"))
    said = output(program, "run", "--virtual", "--for", "30s", *scripts)
    check("all boards are provisioned" in said, "and runs the examples")
    return program


def options_of(program):
    """Command: the options of its help texts. The commands in their order."""
    text = output(program, "--help")
    commands = re.findall(r"^  (\S+) +", text.split("Commands:\n")[1].split("\n\n")[0], re.M)
    texts = {name: output(program, name, "--help") for name in commands}
    texts["node"] += output(program, "node", "--model", "help")
    # Those that a line begins with: others are only spoken of.
    lines = {name: re.findall(r"^  (-.*?)(?:   *|$)", text, re.M) for name, text in texts.items()}
    return {name: set(re.findall(r"--[a-z][a-z-]*", " ".join(found))) for name, found in lines.items()}


def read_manual(root, options):
    with gzip.open(root / "usr/share/man/man1/blemesh.1.gz", "rt") as file:
        text = file.read().replace("\\-", "-")
    for name, wanted in options.items():
        page = text.split(f'.SH "BLEMESH {name.upper()}"\n')[1].split("\n.SH ENVIRONMENT")[0]
        missing = [option for option in wanted if option not in page]
        check(wanted, f"{name} has options")
        check(not missing, f"the manual page has {name} with its options {missing}")
    if not shutil.which("man"):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
        file.write(text)
        file.flush()
        said = subprocess.run(["man", "--warnings", "-l", file.name], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, MANWIDTH="100", LC_ALL="C.UTF-8"))
        check(said.returncode == 0 and not said.stderr, f"man shows it without a complaint {said.stderr}")


def bash_offers(root, *words):
    """What bash completes the last word to."""
    script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _blemesh; printf "%s\\n" "${COMPREPLY[@]}"')
    return output("bash", "-c", script, root / "usr/share/bash-completion/completions/blemesh", *words).split()


def complete(root, options):
    check(set(options) <= set(bash_offers(root, "blemesh", "")), "bash completes every command")
    check(bash_offers(root, "blemesh", "prov") == ["provision"], "and a command begun")
    for name, wanted in options.items():
        offered = set(bash_offers(root, "blemesh", name, "--"))
        missing = [option for option in wanted if option not in offered and option not in ("--help", "--model")]
        check(not missing, f"bash completes the options of {name} {missing}")
    check("onoff-server" in bash_offers(root, "blemesh", "node", "--model", "on"), "and models")
    zsh = (root / "usr/share/zsh/vendor-completions/_blemesh").read_text()
    check(all(f"'{name}:" in zsh and f"\n    {name}) " in zsh for name in options), "zsh's has every command")
    if shutil.which("zsh"):
        output("zsh", "-n", root / "usr/share/zsh/vendor-completions/_blemesh")


def look_at_units(root):
    for unit in ("blemesh-node@.service", "blemesh-run@.service"):
        path = root / "usr/lib/systemd/system" / unit
        text = path.read_text()
        check("\nExecStart=/usr/bin/blemesh " in text and "@BLEMESH" not in text, f"{unit} starts the command installed")
        for word in ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectoryMode=0700",
                     "CapabilityBoundingSet=CAP_NET_ADMIN"):
            check(f"\n{word}\n" in text, f"{unit}: {word}")
        if shutil.which("systemd-analyze"):
            said = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=40", str(path)],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            check(said.returncode == 0, f"systemd finds it well closed ({said.stdout.strip().splitlines()[-1:]})")


def main():
    packages = make_packages()
    look_inside(packages)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        output("dpkg-deb", "-x", packages["blemesh"], root)
        options = options_of(use(root))
        read_manual(root, options)
        complete(root, options)
        look_at_units(root)


main()
