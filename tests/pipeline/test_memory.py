"""A run keeps no memory that it does not need."""

import os
import subprocess
import sys

import pytest

from vouch.pipeline.context.allocator_tuning import VARIABLES, free_memory

_THREADS = 8
_COUNT = f"""
import ctypes, sys, threading
import vouch.flows
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
together = threading.Barrier({_THREADS})
def work():
    together.wait()
    library.malloc(1000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range({_THREADS})]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
import polars, pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_threads_share_what_is_free(tmp_path):
    bare = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-c", _COUNT, str(tmp_path / "told")]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=bare)
    assert (tmp_path / "told").read_text().count("<heap nr=") <= 2
    assert told.stdout.strip() == "system"
    free_memory()
