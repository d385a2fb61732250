"""tshark follows GATT links in a capture: provisioning over a connection, and messages through a proxy, decrypted.

usage: test_tshark_gatt.py BLEMESH EXAMPLES
"""

import collections
import pathlib
import subprocess
import sys

from peers import Blemesh, Sandbox, check, need_program

SCRIPTS = ["proxy.py", "proxy_only.py", "onoff_client.py"]
FIELDS = ["_ws.col.Protocol", "_ws.col.Info", "_ws.malformed", "btmesh.src", "btmproxy.type"]
PROVISIONING = ["Invite", "Capabilities", "Start", "Public Key", "Confirmation", "Random", "Data", "Complete"]


def read(capture, keys):
    """The packets of connections: their protocol, what tshark says of them, and the rest of FIELDS."""
    options = [word for line in keys.read_text().splitlines() for word in ("-o", line)]
    command = ["tshark", "-r", str(capture), "-2", *options, "-Y", "btl2cap", "-T", "fields", "-E", "separator=/t"]
    for field in FIELDS:
        command += ["-e", field]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(result.returncode == 0, f"tshark reads the capture ({result.stderr.strip().splitlines()[-1:]})")
    return [dict(zip(FIELDS, (line.split("\t") + [""] * len(FIELDS)))) for line in result.stdout.splitlines()]


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    need_program("tshark")
    with Sandbox() as sandbox:
        capture, keys = sandbox.folder / "air.pcapng", sandbox.folder / "keys"
        run = Blemesh(sandbox, program, "--virtual", "--for", "60s", "--pcap", capture, "--keys", keys, "--type",
                      "onoff_client@ready+5s:switch.set_state(True)", "--type", "proxy_only@ready+9s:ask()",
                      *(folder / name for name in SCRIPTS))
        check(run.finish() == 0, "the run ends well")
        packets = read(capture, keys)
    malformed = [packet for packet in packets if packet["_ws.malformed"]]
    check(not malformed, f"none of {len(packets)} packets is malformed ({malformed[:3]})")
    said = collections.Counter(packet["_ws.col.Info"] for packet in packets)
    for name in PROVISIONING:
        check(any(name in info for info in said), f"there is Provisioning {name} over GATT")
    check(sum(count for info, count in said.items() if "Proxy Configuration" in info) >= 4,
          "the filter is set and its status told")
    check(any("Secure Network Beacon" in info for info in said), "the client gets a beacon")
    for name in ("Config Composition Data Get", "Config AppKey Status", "Config Model App Bind", "Generic OnOff Get",
                 "Generic OnOff Set Unacknowledged", "Generic OnOff Status"):
        check(any(name in info for info in said), f"there is {name} through the proxy, decrypted")
    network = [packet for packet in packets if packet["_ws.col.Protocol"] == "BT Mesh"]
    check(all(packet["btmesh.src"] for packet in network), f"all {len(network)} Network PDUs are decrypted")
    print("all as it should be")


if __name__ == "__main__":
    main()
