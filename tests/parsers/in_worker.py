"""What tests put into parser processes: it goes there as what amends documents, and is imported there by its name."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

TOO_MUCH = ("torch", "lancedb", "prefect", "polars", "pandas", "pytest")


@dataclass(frozen=True)
class Hostile:
    """Puts a text parser into its process that does what its file says; documents are left as they are."""

    def __reduce__(self):
        return _installed, ()

    def __call__(self, document):
        return document, {}


def _installed() -> Hostile:
    import vouch.parsers.text.text

    vouch.parsers.text.text.parse = _does_what_it_is_told
    return Hostile()


def _does_what_it_is_told(data, hint):
    import re
    import time

    word = data.decode().split()[-1]
    if word == "hang":
        time.sleep(600)
    if word == "match":
        re.match("(a|a)*$", "a" * 200 + "b")  # lets no other Python run, nor a signal's handler
    if word == "crash":
        os.abort()
    if word == "swell":
        return bytearray(3_000_000_000)
    if word == "raise":
        raise KeyError("surprise")
    return _does_what_it_is_told(data, hint)


@dataclass(frozen=True)
class Looking:
    """Tells, by way of what it counts in a document, of the process that parses."""

    def __call__(self, document):
        told = {
            f"parent {os.getppid()}": 1,
            f"threads {_threads()}": 1,
            f"color {os.environ.get('COLOR')}": 1,
        }
        return document, told | {f"module {name}": 1 for name in TOO_MUCH if name in sys.modules}


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
