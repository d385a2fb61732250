"""Something to do right after the first import of a module."""

import sys


class _AfterImport:
    """Waits for the import of one module, and then makes way."""

    def __init__(self, name, act):
        self._name = name
        self._act = act

    def find_spec(self, name, path=None, target=None):
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            self._act(module)

        spec.loader.exec_module = exec_module
        return spec


def after_import(name, act):
    sys.meta_path.insert(0, _AfterImport(name, act))
