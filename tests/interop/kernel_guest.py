"""A real Linux Bluetooth stack, in a virtual machine: two boards speak through the kernel's HCI user channel, and
BlueZ's own GATT client looks at a board's services. To be run by hand, as it fetches a kernel and takes a minute.

usage: kernel_guest.py BLEMESH [FOLDER]    BLEMESH: a build without sanitizers; FOLDER: keeps the kernel for next time

Needs the Debian packages qemu-system-x86 busybox-static cpio kmod bluez bluez-test-tools. The guest sees the host's
files, read-only, and shares FOLDER/share with it. Its controllers are emulated (btvirt).
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from peers import check

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "hci_vhci", "algif_hash", "algif_skcipher", "cmac", "ecb", "ctr"]

INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc; $B mount -t sysfs sys /sys; $B mount -t devtmpfs dev /dev
for module in $($B cat /modules/order); do $B insmod /modules/$module; done
$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host
$B mount -t tmpfs tmp /upper; $B mkdir /upper/files /upper/work
$B mount -t overlay -o lowerdir=/host,upperdir=/upper/files,workdir=/upper/work root /root
for folder in proc sys dev; do $B mount --move /$folder /root/$folder; done
$B mount -t tmpfs tmp /root/run; $B mount -t tmpfs tmp /root/tmp; $B mkdir /root/tmp/share
$B mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /root/tmp/share
$B chroot /root /bin/bash /tmp/share/guest.sh
$B poweroff -f
"""

GUEST = """cd /tmp/share
export XDG_RUNTIME_DIR=/tmp
btvirt -l2 -L > btvirt.log 2>&1 & sleep 2
blemesh=%(blemesh)s
$blemesh run --radio hci0 --no-provision --for 30s lamp.py > lamp.log 2>&1 & lamp=$!
sleep 2
$blemesh run --radio hci1 --for 22s switch.py --type 'switch@15s:switch.set_state(True)' \\
    --type 'switch@17s:switch.get_state()' > switch.log 2>&1
wait $lamp
$blemesh run --radio hci0 --no-provision --for 30s gatt.py > gatt.log 2>&1 & gatt=$!
sleep 2; hciconfig hci1 up
stdbuf -oL timeout -s INT 4 hcitool -i hci1 lescan > scan.log 2>&1
address=$(grep -m1 Example scan.log | cut -d' ' -f1)
for what in --primary --characteristics; do
    timeout 10 gatttool -i hci1 -b "$address" -t random $what
done > gatttool.log 2>&1
kill $gatt
"""


def kernel(folder):
    """Debian's kernel, unpacked; not installed."""
    root = folder / "root"
    if not list(root.glob("boot/vmlinuz-*")):
        text = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], text=True, stdout=subprocess.PIPE).stdout
        name = re.search(r"Depends: (linux-image-\S+)", text).group(1)
        subprocess.run(["apt-get", "download", "-q", name], cwd=folder, check=True)
        subprocess.run(["dpkg-deb", "-x", next(folder.glob(name + "_*.deb")), root], check=True)
        subprocess.run(["depmod", "-b", root, next(root.glob("lib/modules/*")).name], check=True)
    return root


def modules_in_order(root):
    """MODULES with what they depend on, before them; those built in are left out."""
    base = next(root.glob("lib/modules/*"))
    needs = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        needs[pathlib.Path(path).stem.replace("-", "_")] = [base / word for word in reversed([path, *others.split()])]
    ordered = []
    for name in MODULES:
        ordered += [path for path in needs.get(name, []) if path not in ordered]
    return ordered


def make_initrd(root, folder):
    tree = folder / "initrd"
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "proc", "sys", "dev", "modules", "host", "upper", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", tree / "bin")
    paths = modules_in_order(root)
    for path in paths:
        shutil.copy(path, tree / "modules")
    (tree / "modules" / "order").write_text("\n".join(path.name for path in paths))
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    subprocess.run("find . | cpio -o -H newc --quiet | gzip -1 > ../initrd.gz", shell=True, cwd=tree, check=True)
    return folder / "initrd.gz"


def run_guest(root, initrd, share):
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2", "-m",
               "1024", "-nographic", "-no-reboot", "-nic", "none", "-kernel", next(root.glob("boot/vmlinuz-*")),
               "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1 cryptomgr.notests=1 random.trust_cpu=on",
               "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
               "-virtfs", f"local,path={share},mount_tag=share,security_model=none"]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300, check=True)


def prepare(share, blemesh):
    share.mkdir(exist_ok=True)
    lamp = (EXAMPLES / "onoff_server.py").read_text().replace("auth=mesh.OOB_OUTPUT, ", "")
    (share / "lamp.py").write_text(lamp)
    (share / "gatt.py").write_text(lamp.replace("mesh.PROV_ADV", "mesh.PROV_GATT"))
    (share / "switch.py").write_text((EXAMPLES / "onoff_client.py").read_text())
    (share / "guest.sh").write_text(GUEST % {"blemesh": blemesh})


def main():
    blemesh = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else temporary).resolve()
        folder.mkdir(exist_ok=True)
        root = kernel(folder)
        share = folder / "share"
        prepare(share, blemesh)
        run_guest(root, make_initrd(root, folder), share)
        said = {path.stem: path.read_text(errors="replace") for path in share.glob("*.log")}
    for name in ("lamp", "switch", "gatttool"):
        print(f"--- {name}\n{said.get(name, '')}")
    check("is provisioned" in said["lamp"], "the board on hci0 was provisioned from hci1, through the kernel")
    check("the lamp is on" in said["lamp"], "and switched")
    check("a lamp says it is on" in said["switch"], "and says so")
    check("Example lamp" in said["scan"], "the kernel's scan shows the board's name")
    check("uuid: 00001827-" in said["gatttool"], "BlueZ's GATT client finds the Mesh Provisioning Service")
    check("uuid = 00002adb-" in said["gatttool"] and "uuid = 00002adc-" in said["gatttool"], "and its characteristics")


main()
