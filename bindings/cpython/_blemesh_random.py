"""Reproducible runs: every source of random numbers in this interpreter comes from the run's seed."""

import sys

import _blemesh

_urandom = _blemesh._urandom


def _seed(module):
    """Random() without a seed takes one from the machine: from the board instead."""
    original = module.Random.seed

    def seed(self, a=None, version=2):
        """Without a seed: one from the run's."""
        original(self, int.from_bytes(_urandom(32), "big") if a is None else a, version)

    module.Random.seed = seed
    module._inst.seed()
    module.seed = module._inst.seed


class _AfterImport:
    """Waits for the import of random."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "random":
            return None
        sys.meta_path.remove(cls)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            if hasattr(module, "Random") and hasattr(module, "_inst"):
                _seed(module)

        spec.loader.exec_module = exec_module
        return spec


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
    sys.meta_path.insert(0, _AfterImport)
