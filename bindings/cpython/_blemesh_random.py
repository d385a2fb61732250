"""Reproducible runs: every source of random numbers in this interpreter comes from the run's seed."""

import sys

import _blemesh
import _blemesh_imports

_urandom = _blemesh._urandom


def _seed(module):
    """Random() without a seed takes one from the machine: from the board instead."""
    if not hasattr(module, "Random") or not hasattr(module, "_inst"):
        return  # a script's own module of this name
    original = module.Random.seed

    def seed(self, a=None, version=2):
        """Without a seed: one from the run's."""
        original(self, int.from_bytes(_urandom(32), "big") if a is None else a, version)

    module.Random.seed = seed
    module._inst.seed()
    module.seed = module._inst.seed


def install():
    import posix

    def getrandom(size, flags=0):
        return _urandom(size)

    posix.urandom = _urandom
    posix.getrandom = getrandom
    os = sys.modules.get("os")
    if os:
        os.urandom = _urandom
        os.getrandom = getrandom
    sys.modules["_uuid"] = None
    _blemesh_imports.after_import("random", _seed)
