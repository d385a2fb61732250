"""A provisioner over a GATT link, written from the specification with Python's cryptography alone: No OOB, P-256 with
CMAC (MshPRT 5.4). It is given what the device notifies, and says what to write; who carries it is another's business.
"""

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

PROXY_BEACON, PROXY_PROVISIONING = 1, 3
INVITE, CAPABILITIES, START, PUBLIC_KEY, CONFIRMATION, RANDOM, DATA, COMPLETE, FAILED = 0, 1, 2, 3, 5, 6, 7, 8, 9


def cmac(key, message):
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()


def s1(text):
    return cmac(bytes(16), text)


def k1(secret, salt, text):
    return cmac(cmac(salt, secret), text)


def network_id(net_key):
    return cmac(cmac(s1(b"smk3"), net_key), b"id64\x01")[-8:]


def beacon_is_of(net_key, beacon):
    """Whether a Secure Network beacon (MshPRT 3.10.3) is of this network, and authentic."""
    key = k1(net_key, s1(b"nkbk"), b"id128\x01")
    return beacon[:1] == b"\x01" and beacon[2:10] == network_id(net_key) and cmac(key, beacon[1:14])[:8] == beacon[14:]


def proxy_pdus(kind, message, room):
    """The Proxy PDUs (MshPRT 6.3.1) that carry a message over a link whose writes hold room octets."""
    pieces = [message[at:at + room - 1] for at in range(0, len(message), room - 1)]
    for number, piece in enumerate(pieces):
        sar = 0 if len(pieces) == 1 else 1 if number == 0 else 3 if number == len(pieces) - 1 else 2
        yield bytes([sar << 6 | kind]) + piece


class Reassembly:
    def __init__(self):
        self.octets = b""

    def take(self, pdu):
        """(kind, message) once a message is whole."""
        sar = pdu[0] >> 6
        self.octets = pdu[1:] if sar < 2 else self.octets + pdu[1:]
        return (pdu[0] & 0x3f, self.octets) if sar in (0, 3) else None


class Provisioner:
    """begin() and then heard(message), each gives the messages to send next. done, failed: how it ended."""

    def __init__(self, net_key, address):
        self.net_key, self.address = net_key, address
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_numbers()
        self.public = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        self.random = os.urandom(16)
        self.capabilities = self.done = self.failed = None

    def begin(self):
        self.inputs = bytes([0])
        return [bytes([INVITE, 0])]

    def heard(self, message):
        kind, body = message[0], message[1:]
        if kind == CAPABILITIES:
            self.capabilities = body
            start = bytes(5)
            self.inputs += body + start + self.public
            return [bytes([START]) + start, bytes([PUBLIC_KEY]) + self.public]
        if kind == PUBLIC_KEY:
            self.inputs += body
            x, y = int.from_bytes(body[:32], "big"), int.from_bytes(body[32:], "big")
            theirs = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
            self.secret = self.key.exchange(ec.ECDH(), theirs)
            self.salt = s1(self.inputs)
            self.confirmation_key = k1(self.secret, self.salt, b"prck")
            return [bytes([CONFIRMATION]) + cmac(self.confirmation_key, self.random + bytes(16))]
        if kind == CONFIRMATION:
            self.their_confirmation = body
            return [bytes([RANDOM]) + self.random]
        if kind == RANDOM:
            if cmac(self.confirmation_key, body + bytes(16)) != self.their_confirmation:
                self.failed = "its confirmation is wrong"
                return []
            salt = s1(self.salt + self.random + body)
            session_key, nonce = k1(self.secret, salt, b"prsk"), k1(self.secret, salt, b"prsn")[-13:]
            data = self.net_key + bytes(2) + bytes(1) + bytes(4) + self.address.to_bytes(2, "big")
            return [bytes([DATA]) + AESCCM(session_key, tag_length=8).encrypt(nonce, data, None)]
        self.done = kind == COMPLETE
        self.failed = None if self.done else f"it says {message.hex()}"
        return []
