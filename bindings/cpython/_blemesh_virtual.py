"""Virtual time in one interpreter: its clock, its locks and its threads take part in the runtime's time.

It must be installed before anything imports threading, queue or datetime: they take what they need from time and
_thread when they are loaded.
"""

import sys
import time

import _blemesh
import _blemesh_imports
import _thread

_clock = _blemesh._clock


def _replace_clock():
    gmtime, localtime, asctime, strftime = time.gmtime, time.localtime, time.asctime, time.strftime
    wall = (time.CLOCK_REALTIME, getattr(time, "CLOCK_TAI", None))

    def time_ns():
        """The time in nanoseconds since 1970."""
        return _clock(True) * 1000

    def monotonic_ns():
        """The time in nanoseconds since the start."""
        return _clock(False) * 1000

    def clock_gettime(clk_id, /):
        return _clock(clk_id in wall) / 1e6

    def clock_gettime_ns(clk_id, /):
        return _clock(clk_id in wall) * 1000

    def virtual_gmtime(seconds=None, /):
        return gmtime(_clock(True) // 1000000 if seconds is None else seconds)

    def virtual_localtime(seconds=None, /):
        return localtime(_clock(True) // 1000000 if seconds is None else seconds)

    def virtual_ctime(seconds=None, /):
        return asctime(virtual_localtime(seconds))

    def virtual_asctime(t=None, /):
        return asctime(virtual_localtime() if t is None else t)

    def virtual_strftime(format, t=None, /):
        return strftime(format, virtual_localtime() if t is None else t)

    time.time = _blemesh._time
    time.time_ns = time_ns
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, _blemesh._monotonic)
        setattr(time, name + "_ns", monotonic_ns)
    time.clock_gettime = clock_gettime
    time.clock_gettime_ns = clock_gettime_ns
    time.gmtime = virtual_gmtime
    time.localtime = virtual_localtime
    time.ctime = virtual_ctime
    time.asctime = virtual_asctime
    time.strftime = virtual_strftime


def _replace_threads():
    _thread.allocate_lock = _thread.allocate = _thread.LockType = _blemesh._Lock
    _thread.RLock = _blemesh._RLock
    _thread.start_new_thread = _thread.start_new = _blemesh._start_new_thread
    _thread.get_ident = _thread.get_native_id = _blemesh._get_ident
    _thread._set_sentinel = _blemesh._set_sentinel


def _replace_selector(module):
    """What asyncio waits with: it sleeps in virtual time, and looks now and then whether a thread has woken it."""
    if not hasattr(module, "SelectSelector"):
        return  # a script's own module of this name
    select = module.select.select
    monotonic, sleep = _blemesh._monotonic, _blemesh._sleep

    class Selector(module.SelectSelector):
        def _select(self, readers, writers, _, timeout=None):
            end = None if timeout is None else monotonic() + timeout
            pause = 0.001
            while True:
                ready = select(readers, writers, [], 0)
                left = pause if end is None else end - monotonic()
                if ready[0] or ready[1] or left <= 0:
                    return ready
                sleep(min(pause, left))
                pause = min(2 * pause, 0.02)

    module.DefaultSelector = Selector


def install():
    _replace_clock()
    _replace_threads()
    _blemesh_imports.after_import("selectors", _replace_selector)
    # Their C versions read the machine's clock, or wait for each other behind the runtime's back, or need one that does.
    for name in ("_datetime", "_queue", "_zoneinfo"):
        sys.modules[name] = None
