"""A virtual machine with Debian's kernel, for what only a kernel with Bluetooth can show: inside, the host's files are
there as they are (what is written to them is forgotten), and the controllers are emulated (btvirt).

Everything is emulated, the processor too: KVM is not there on every machine, and hangs on some where it seems to be.
The kernel package is fetched, not installed, and kept in the build folder.
"""

import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

from peers import need_program, skip

MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "hci_vhci", "algif_hash", "algif_skcipher", "algif_aead",
           "cmac", "ccm", "ecb", "ctr"]

INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc; $B mount -t sysfs sys /sys; $B mount -t devtmpfs dev /dev
for module in $($B cat /modules/order); do $B insmod /modules/$module; done
$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host
$B mount -t tmpfs tmp /upper; $B mkdir /upper/files /upper/work
$B mount -t overlay -o lowerdir=/host,upperdir=/upper/files,workdir=/upper/work root /root
for folder in proc sys dev; do $B mount --move /$folder /root/$folder; done
$B mkdir -p /root/dev/pts /root/dev/shm; $B mount -t devpts pts /root/dev/pts
$B mount -t tmpfs run /root/run; $B mkdir -p /root/run/share /root/run/tmp
$B mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /root/run/share
$B ip link set lo up
$B chroot /root /bin/bash /run/share/guest.sh > /root/run/share/log 2>&1
$B sync; $B poweroff -f
"""


def fetch_package(folder):
    """The kernel's package, in folder. The test is skipped where there is none to be had."""
    text = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    name = re.search(r"Depends: (linux-image-\S+)", text)
    if not name:
        skip("apt knows no kernel package (apt-get update)")
    name = name.group(1)
    fetched = subprocess.run(["apt-get", "download", "-q", name], cwd=folder, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    packages = list(folder.glob(name + "_*.deb"))
    if fetched.returncode != 0 or not packages:
        skip(f"the kernel package {name} cannot be fetched: {fetched.stdout.strip().splitlines()[-1:]}")
    return packages[0]


def modules_in_order(base):
    """MODULES with what they depend on, before them; those built in are left out."""
    needs = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        needs[pathlib.Path(path).stem.replace("-", "_")] = [base / word for word in reversed([path, *others.split()])]
    ordered = []
    for name in MODULES:
        ordered += [path for path in needs.get(name, []) if path not in ordered]
    return ordered


def kernel(cache):
    """A folder with vmlinuz, the modules, and their order."""
    kept = cache / "-".join(["kernel", *MODULES])
    if kept.exists():
        return kept
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        folder = pathlib.Path(temporary)
        root, half = folder / "root", folder / "half"
        subprocess.run(["dpkg-deb", "-x", fetch_package(folder), root], check=True)
        base = next(root.glob("lib/modules/*"))
        subprocess.run(["/sbin/depmod", "-b", root, base.name], check=True)
        half.mkdir()
        paths = modules_in_order(base)
        for path in paths:
            shutil.copy(path, half)
        (half / "order").write_text("\n".join(path.name for path in paths))
        shutil.copy(next(root.glob("boot/vmlinuz-*")), half / "vmlinuz")
        half.rename(kept)
    return kept


def make_initrd(kept, folder):
    tree = folder / "initrd"
    for name in ("bin", "proc", "sys", "dev", "host", "upper", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", tree / "bin")
    shutil.copytree(kept, tree / "modules", ignore=lambda path, names: ["vmlinuz"])
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    image = folder / "initrd.gz"
    subprocess.run(f"find . | cpio -o -H newc --quiet | gzip -1 > '{image}'", shell=True, cwd=tree, check=True)
    return image


def run_in_guest(sandbox, cache, script, seconds):
    """Runs a shell script in a guest of its own; returns what it said. cache: the folder in which the kernel is kept."""
    if platform.machine() != "x86_64":
        skip("the guest is an x86_64")
    for program in ("qemu-system-x86_64", "/bin/busybox", "cpio", "/sbin/depmod"):
        need_program(program)
    cache.mkdir(exist_ok=True)
    kept = kernel(cache)
    share = sandbox.folder / "share"
    share.mkdir()
    (share / "guest.sh").write_text(script)
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2",
               "-m", "1024", "-nographic", "-no-reboot", "-nic", "none", "-kernel", kept / "vmlinuz",
               "-initrd", make_initrd(kept, sandbox.folder), "-append",
               "console=ttyS0 quiet panic=-1 cryptomgr.notests=1 random.trust_cpu=on mitigations=off",
               "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
               "-virtfs", f"local,path={share},mount_tag=share,security_model=none"]
    guest = sandbox.start("qemu", command)
    try:
        guest.wait(seconds)
    except subprocess.TimeoutExpired:
        print(f"the guest did not end within {seconds} s", flush=True)
    log = share / "log"
    return log.read_text(errors="replace") if log.exists() else ""
