"""The board's LED."""

from _blemesh import heartbeat, rgbled

__all__ = ["heartbeat", "rgbled"]
