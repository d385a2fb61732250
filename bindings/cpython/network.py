"""The board's radio."""

import _blemesh


class Bluetooth:
    """The Bluetooth radio. There is one: Bluetooth() is the same object each time."""

    BLE_Mesh = _blemesh.BLE_Mesh

    _radio = None

    def __new__(cls):
        if cls._radio is None:
            cls._radio = super().__new__(cls)
        return cls._radio
