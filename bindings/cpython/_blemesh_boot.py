"""Makes an interpreter a board's: its streams and paths and, in virtual time, its clock."""

import io
import sys

import _blemesh


class _Octets(io.RawIOBase):
    """sys.stdout.buffer."""

    def __init__(self, number):
        self._number = number

    def write(self, octets):
        _blemesh._write(self._number, octets)
        return len(octets)

    def writable(self):
        return True


class _Text(io.TextIOBase):
    """A board's sys.stdout or sys.stderr. Each thread's lines stay in one piece."""

    encoding = "utf-8"
    errors = "backslashreplace"
    line_buffering = True

    def __init__(self, number, name):
        self._number = number
        self.name = name
        self.buffer = _Octets(number)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        _blemesh._write(self._number, text.encode("utf-8", "backslashreplace"))
        return len(text)

    def writable(self):
        return True

    def reconfigure(self, **options):
        pass

    def close(self):
        pass


class _Later:
    """help and the like, from the module that has them, when they are first used."""

    def __init__(self, make):
        self._make = make

    def __repr__(self):
        return repr(self._make())

    def __call__(self, *args, **kwargs):
        return self._make()(*args, **kwargs)


def _help():
    import pydoc

    def show(*args):
        if args:
            print(pydoc.plain(pydoc.render_doc(*args)))
        else:
            print("help(object) shows what an object is for.")

    return show


def _exit(code=None):
    """exit and quit: ends the script."""
    raise SystemExit(code)


def _report(args):
    """threading.excepthook: a thread's exception is an event of its board."""
    if args.exc_type is not SystemExit:
        _blemesh._report_exception(args.exc_type, args.exc_value, args.exc_traceback)


def _guard_process():
    """All boards live in one process: a script can neither end it, nor double it, nor make it another program."""
    import posix

    def refuse(name):
        def refused(*args, **kwargs):
            raise RuntimeError("os.%s is not there on a board: all boards share one process" % name)

        refused.__name__ = name
        return refused

    def _exit(status):
        """Ends the calling thread."""
        raise SystemExit(status)

    guards = {name: refuse(name) for name in ("fork", "forkpty", "execv", "execve", "abort")}
    guards["_exit"] = _exit
    for module in (posix, sys.modules.get("os")):
        for name, guard in guards.items():
            if hasattr(module, name):
                setattr(module, name, guard)


def boot(script, virtual, seeded):
    sys.stdin = sys.__stdin__ = io.StringIO()
    sys.stdout = sys.__stdout__ = _Text(0, "<stdout>")
    sys.stderr = sys.__stderr__ = _Text(1, "<stderr>")
    if not script.startswith("/"):
        import posix

        script = posix.getcwd() + "/" + script
    sys.argv = [script]
    sys.path += ["/usr/local/lib/python%d.%d/dist-packages" % sys.version_info[:2], "/usr/lib/python3/dist-packages"]
    sys.path.insert(0, script.rpartition("/")[0] or "/")

    import builtins
    import _thread

    builtins.help = _Later(_help)
    builtins.exit = builtins.quit = _exit
    _guard_process()
    _thread._excepthook = _report
    import time

    time.sleep = _blemesh._sleep
    if virtual:
        import _blemesh_virtual

        _blemesh_virtual.install()
    if seeded:
        import _blemesh_random

        _blemesh_random.install()
