"""Processor time is bounded, also that of programs that a library starts, and only meanwhile."""

import subprocess
import time

from vouch.parsers.common.subprocesses import processor_time_bounded


def limit_of_a_program() -> str:
    return subprocess.run(["sh", "-c", "ulimit -t"], capture_output=True, check=True, text=True).stdout.strip()  # fmt: skip


def test_programs_inherit_a_limit_that_this_process_loses_again():
    before = limit_of_a_program()
    with processor_time_bounded(30):
        limit = limit_of_a_program()
        assert int(limit) <= time.process_time() + 31
        with processor_time_bounded(3000):
            assert limit_of_a_program() == limit
    assert limit_of_a_program() == before
