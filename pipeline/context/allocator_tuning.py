"""Memory goes back to the system as soon as it is free: a run over many documents needs little more than one over few."""

import ctypes
import gc
import os
import sys

# Of glibc's malloc.h. The store's threads would have eight arenas for each core, each of which keeps what it once needed; and
# the size from which a block is a mapping of its own, which goes back when it is freed, would rise with the largest one.
_OPTIONS = {
    -8: 2,
    -3: 128 * 1024,
    -1: 1024 * 1024,
}  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


# pyarrow's and polars' own allocators keep what they had, as much as the data again; both read this when they are imported.
VARIABLES = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
}


def save_memory() -> None:
    """To be called before there are threads, and before pyarrow and polars are imported. What the user has set stays."""
    for name, told in VARIABLES.items():
        os.environ.setdefault(name, told)
    library = _glibc()
    if library is not None:
        for option, value in _OPTIONS.items():
            library.mallopt(option, value)


def keep_imported() -> None:
    """What is there stays: no later collection looks through it, which took half a second of each."""
    gc.freeze()


def give_back() -> None:
    """Let go of free pages between used ones: after a stage that needed much, before one that needs much."""
    gc.collect()  # Great Expectations leaves circles around what it looked at
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if library is not None and hasattr(library, "malloc_trim") else None
