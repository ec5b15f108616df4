"""Keeps panics of native code off the terminal, where a sentence reports the error."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2
_PANIC = b"panicked at"  # Rust writes so to standard error, before it raises what Python gets


@contextmanager
def without_panics() -> Iterator[None]:
    """Hold back what is written to standard error in the block, and drop it after a panic.

    For commands that write nothing there meanwhile: a damaged search index makes the store panic.
    """
    sys.stderr.flush()
    try:
        terminal = os.dup(_STANDARD_ERROR)
    except OSError:  # standard error is closed
        yield
        return
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), _STANDARD_ERROR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, _STANDARD_ERROR)
            os.close(terminal)
            written.seek(0)
            text = written.read()
            if text and _PANIC not in text:
                os.write(_STANDARD_ERROR, text)
