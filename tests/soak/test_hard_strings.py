"""Every hard string at a megabyte, through every reader of text and every rule, one at a time.

The table of what takes longer than a second a megabyte is printed (`pytest -s`). A pair that takes
more than `CPU_S` is what the time limit of a document would end.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.hostile.hard_strings import BYTES, STRINGS
from tests.hostile.hard_targets import BYTE_TARGETS, TARGETS

SIZE = int(os.environ.get("HARD_STRING_SIZE", "1000000"))
CPU_S = 100  # below `parsing.timeout_s`
RULE_S = 5.0  # a megabyte of nothing but what a rule finds, each confirmed by a library

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("target", sorted({*TARGETS, *BYTE_TARGETS}))
def test_a_megabyte_of_every_hard_string_is_read_in_bounded_time(target: str):
    strings = [*STRINGS] if target in TARGETS else []
    strings += [*BYTES] if target in BYTE_TARGETS else []
    killed = []
    slow = {}
    while strings:
        results, ended = _measured(target, strings)
        slow |= {string: seconds for string, seconds in results.items() if seconds * 1e6 > SIZE}
        if not ended:
            break
        killed.append(ended)
        strings = strings[strings.index(ended) + 1 :]
    for string, seconds in sorted(slow.items(), key=lambda item: -item[1]):
        print(f"{target} | {string} | {seconds * 1e6 / SIZE:.1f} s/MB")
    assert killed == []
    if not target.startswith(("read", "chunk")):
        assert {
            string for string, seconds in slow.items() if seconds * 1e6 > RULE_S * SIZE
        } == set()


def _measured(target: str, strings: list[str]) -> tuple[dict[str, float], str | None]:
    """Return the seconds of each string, and the one at which the process ended, if it did."""
    command = [sys.executable, "-m", "tests.hostile.hard_targets", str(SIZE), str(CPU_S)]
    pairs = [f"{target}={string}" for string in strings]
    ran = subprocess.run([*command, *pairs], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    seconds = {line[1]: line[2] for line in lines if len(line) > 2}
    return seconds, lines[-1][1] if ran.returncode else None
