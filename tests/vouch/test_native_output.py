"""What native code prints is discarded; what Python prints on standard error is not."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import atexit, logging, os, sys, warnings
from vouch.native_output import discard_native_output
before = sys.stderr.isatty(), sys.stderr.encoding, sys.stderr.errors
atexit.register(lambda: print("at the end", file=sys.stderr))
discard_native_output()
os.write(2, b"thread 'lance-cpu' panicked at lib.rs:1:1\\n[now WARN lance::index] partition 0\\n")
logging.getLogger("vouch").warning("of a log")
warnings.warn("of Python")
print("a sentence \\udc80", file=sys.stderr)
assert before == (sys.stderr.isatty(), sys.stderr.encoding, sys.stderr.errors)
"""
COMMAND = """
import os, sys
from vouch.cli import main
sys.argv = ["vouch", "no-such-command"]
try:
    main()
except SystemExit:
    os.write(2, b"thread 'lance-cpu' panicked at lib.rs:1:1\\n")
"""


def output_of(*options: str, program: str = PROGRAM, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONFAULTHANDLER"}
    done = subprocess.run(
        [sys.executable, *options, "-c", program],
        env=kept | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def test_only_what_python_prints_is_seen():
    printed = output_of()
    for expected in ("of a log", "UserWarning: of Python", "a sentence \\udc80", "at the end"):
        assert expected in printed
    assert "panicked" not in printed
    assert "WARN" not in printed


def test_whoever_looks_for_a_crash_sees_all():
    assert "panicked" in output_of("-X", "faulthandler")


def test_every_command_shows_its_own_sentences_only_unless_asked_for_more():
    printed = output_of(program=COMMAND)
    assert "No such command" in printed
    assert "panicked" not in printed
    assert "panicked" in output_of(program=COMMAND, VOUCH_TRACEBACK="1")
