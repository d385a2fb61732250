"""For a person at a board's prompt: does code want more lines, and how can a word go on?"""

import re
import sys

_WORD = re.compile(r"""[^ \t\n`~!@#$%^&*()\-=+\[{\]}\\|;:'",<>/?]*\Z""")
_MOST = 1000


def wants_more(code):
    import codeop
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they come when the code runs
        try:
            return codeop.compile_command(code, "<prompt>", "single") is None
        except (SyntaxError, OverflowError, ValueError):
            return False  # running it tells what is wrong


def _completer():
    known = sys.modules.get("rlcompleter")
    if known is None:
        # It would tie itself to the process's readline, which no board has.
        before = sys.modules.get("readline")
        sys.modules["readline"] = None
        try:
            import rlcompleter as known
        finally:
            del sys.modules["readline"]
            if before is not None:
                sys.modules["readline"] = before
    return known.Completer(sys.modules["__main__"].__dict__)


def complete(line):
    """The length of the line's last word in octets, and what it can become."""
    word = _WORD.search(line).group()
    found = {}
    if word:
        completer = _completer()
        for state in range(_MOST):
            candidate = completer.complete(word, state)
            if candidate is None:
                break
            if candidate.startswith(word):
                found[candidate] = True
    return len(word.encode()), list(found)
