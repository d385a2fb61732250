"""A bridge between a virtual air (src/posix/air.h) and the unit io of bluetooth-meshd: advertising on one side, datagrams
of one AD structure each on the other. It also watches the light of the boards' LEDs.
"""

import os
import socket
import threading
import time

FRAME_ADVERTISING = 1
FRAME_LIGHT = 2
HEADER = b"bm\x01"
MESH_AD_TYPES = (0x29, 0x2A, 0x2B)
AD_PB_ADV = 0x29
ADV_NONCONN_IND_RANDOM = 0x42
# Least significant octet first; the two top bits set make it a static random address.
BRIDGE_ADDRESS = bytes.fromhex("0203040506c6")

# The unit io sends what is queued one at a time, every 500 ms; hearing each PB-ADV repeat keeps it from ever getting to
# its acknowledgment. So the same octets pass once in this time.
REPEAT_SECONDS = 1.6


class RepeatFilter:
    def __init__(self):
        self.last = {}

    def passes(self, ad):
        now = time.monotonic()
        if ad[0] == AD_PB_ADV and now - self.last.get(ad, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        self.last[ad] = now
        return True


class AirBridge:
    def __init__(self, sandbox, air, on_light=None):
        """Joins the air; on_light(uuid, rgb) is called on the bridge's thread."""
        self.folder = sandbox.runtime / "blemesh" / "air" / air
        for folder in (self.folder.parent.parent, self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.unit_path = str(sandbox.folder / "unit")  # bound by meshd
        self.peer_path = str(sandbox.folder / "peer")  # bound by us
        self.on_light = on_light
        self.heard = {ad_type: 0 for ad_type in MESH_AD_TYPES}
        self.name = os.urandom(8).hex() + ".sock"
        self.air = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.air.bind(str(self.folder / ("." + self.name)))
        os.rename(self.folder / ("." + self.name), self.folder / self.name)
        self.unit = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.unit.bind(self.peer_path)

    def start(self):
        for work in (self._from_air, self._from_meshd):
            threading.Thread(target=work, daemon=True).start()

    def _from_air(self):
        repeats = RepeatFilter()
        while True:
            datagram = self.air.recv(128)
            if not datagram.startswith(HEADER) or len(datagram) < 5:
                continue
            kind, octets = datagram[3], datagram[4:]
            if kind == FRAME_LIGHT and self.on_light:
                self.on_light(octets[:16], int.from_bytes(octets[16:19], "big"))
            elif kind == FRAME_ADVERTISING:
                for ad in ad_structures(octets[8:]):
                    if ad[0] in MESH_AD_TYPES and repeats.passes(ad):
                        self.heard[ad[0]] += 1
                        # The first octet is not zero, and otherwise ignored.
                        self._send(self.unit, bytes([len(ad)]) + ad, self.unit_path)

    def _from_meshd(self):
        repeats = RepeatFilter()
        while True:
            ad = self.unit.recv(64)
            if not ad or ad[0] not in MESH_AD_TYPES or not repeats.passes(ad):
                continue
            data = BRIDGE_ADDRESS + bytes([len(ad)]) + ad
            frame = HEADER + bytes([FRAME_ADVERTISING, ADV_NONCONN_IND_RANDOM, len(data)]) + data
            for entry in os.listdir(self.folder):
                if entry != self.name and not entry.startswith("."):
                    self._send(self.air, frame, str(self.folder / entry))

    @staticmethod
    def _send(sock, octets, path):
        try:
            sock.sendto(octets, socket.MSG_DONTWAIT, path)
        except OSError:
            pass  # gone, or full: a radio loses frames too


def ad_structures(data):
    """The AD structures of advertising data, without their length octets."""
    while data and data[0]:
        yield data[1:1 + data[0]]
        data = data[1 + data[0]:]
