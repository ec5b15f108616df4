"""Keeps what native code prints off the terminal, where a sentence reports the error."""

import faulthandler
import os
import sys
from contextlib import suppress

_STANDARD_ERROR = 2


def discard_native_output() -> None:
    """Discard what native code writes to standard error from now on; Python's own still appears.

    The store's Rust code writes panics and warnings there, before it raises what becomes Vouch's
    sentence. Does nothing where Python's standard error is something else, as in tests, or where
    somebody looks for a crash (`python -X faulthandler`), whose stack is written there too.
    """
    if faulthandler.is_enabled():
        return
    with suppress(OSError, ValueError, AttributeError):  # a stream that is no file
        if sys.stderr.fileno() != _STANDARD_ERROR:
            return
        sys.stderr.flush()
        terminal = os.dup(_STANDARD_ERROR)
        sys.stderr = os.fdopen(
            terminal,
            "w",
            buffering=1,  # a line, as Python's own
            encoding=sys.stderr.encoding,
            errors=sys.stderr.errors,
            closefd=False,  # what is printed while the interpreter ends still appears
        )
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STANDARD_ERROR)
        os.close(nowhere)
