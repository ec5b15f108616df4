"""Redactors that tests send to worker processes, which import them from here by name."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

# Libraries that start threads or take long to import; no worker needs them.
UNWANTED = ("torch", "lancedb", "prefect", "polars", "pandas", "pytest")


@dataclass(frozen=True)
class HostileParser:
    """Replaces the text parser of its process: the new one obeys the last word of a file."""

    def __reduce__(self):
        return _installed, ()

    def __call__(self, document):
        return document, {}


def _installed() -> HostileParser:
    import vouch.parsers.text.text

    vouch.parsers.text.text.parse = _obey
    return HostileParser()


def _obey(data, hint):
    import re
    import time

    from vouch.parsers.common.builder import DocumentBuilder

    word = data.decode().split()[-1]
    if word == "answer":
        builder = DocumentBuilder()
        builder.paragraph("an answer")
        return builder.build()
    if word == "hang":
        time.sleep(600)
    if word == "wait":
        time.sleep(4)
        return _obey(b"answer", hint)
    if word == "match":
        re.match("(a|a)*$", "a" * 200 + "b")  # runs no other Python code, nor signal handlers
    if word == "crash":
        os.abort()
    if word == "swell":
        return bytearray(3_000_000_000)
    if word == "raise":
        raise KeyError("surprise")
    return _obey(data, hint)


@dataclass(frozen=True)
class ProcessProbe:
    """Reports facts about the worker process as the kinds of passages that it masked."""

    def __call__(self, document):
        facts = {
            f"parent {os.getppid()}": 1,
            f"threads {len(list(Path('/proc/self/task').iterdir()))}": 1,
            f"color {os.environ.get('COLOR')}": 1,
        }
        return document, facts | {f"module {name}": 1 for name in UNWANTED if name in sys.modules}
