"""The board's timers."""

import _blemesh


class Timer:
    """Alarms, a stop watch, and short waits."""

    Alarm = _blemesh.Alarm
    Chrono = _blemesh.Chrono
    sleep_us = staticmethod(_blemesh.sleep_us)
