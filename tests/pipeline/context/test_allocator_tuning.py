"""The allocators of a process that runs the pipeline."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vouch.pipeline.context.allocator_tuning import VARIABLES, free_memory

THREADS = 8
WRITE_HEAPS = f"""
import ctypes, sys, threading
import vouch.flows
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
together = threading.Barrier({THREADS})
def work():
    together.wait()
    library.malloc(1000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range({THREADS})]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
import polars, pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_the_threads_of_a_flow_share_their_free_memory(tmp_path: Path):
    """By default each thread may have a heap that keeps what it once needed."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    heaps = tmp_path / "heaps.xml"
    command = [sys.executable, "-c", WRITE_HEAPS, str(heaps)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert heaps.read_text().count("<heap nr=") <= 2
    assert result.stdout.strip() == "system"


def test_free_memory_can_be_returned_at_any_time():
    free_memory()
