"""Runs a command in a process of its own, which something happens to at a boundary of its run."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from vouch.schemas.boundary import Boundary, Side

ROOT = Path(__file__).parents[2]
LIMIT_S = 120  # for a command that never ends; no claim is about time
# Arguments: a boundary, its side, what happens there, then those of the command.
CHILD = """\
import os, signal, sys, time
from pathlib import Path
from vouch.cli import main
from vouch.schemas.boundary import install

boundary, side, action, argument, *arguments = sys.argv[1:]
done = []

def act(crossed, crossed_side):
    if (crossed, crossed_side) != (boundary, side) or done:
        return
    done.append(1)
    if action == "fill":
        with Path(argument, "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return
    number = getattr(signal, argument)
    Path("signalled").write_text("")
    os.kill(os.getpid(), number)
    if action == "block":  # as a file that never comes does
        time.sleep(3600)
    for _ in range(5 if action == "repeat" else 0):
        time.sleep(0.05)
        os.kill(os.getpid(), number)

sys.argv = ["vouch", *arguments]
with install(act):
    main()
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, what it printed, and what it left."""

    code: int
    printed: str
    processes: tuple[str, ...]
    files: tuple[str, ...]


def command(
    settings: Path,
    boundary: Boundary,
    side: Side,
    action: str,
    argument: str,
    *arguments: str,
    **variables: str,
) -> Ended:
    """Run a command in which `action` happens at a boundary, and look at what it leaves.

    The action is to `signal` itself, to do so and `block` there, to `repeat` the signal, or to
    `fill` the disk of the folder that `argument` names.
    """
    folder = settings.parent
    mark = os.urandom(8).hex()
    environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PREFECT_HOME": str(folder / "prefect"),
        "MARK": mark,
    }
    # The path of a socket may not be long, as that of a test's folder is.
    # Output goes to files: a process that is left would keep a pipe open.
    with (
        TemporaryDirectory() as temporary,
        (folder / "output").open("w") as output,
        (folder / "errors").open("w") as errors,
    ):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, boundary, side, action, argument, *arguments],
            cwd=folder,
            env={**environment, "TMPDIR": temporary, **variables},
            stdout=output,
            stderr=errors,
            start_new_session=True,
            timeout=LIMIT_S,
        )
        left = tuple(str(file) for file in Path(temporary).rglob("*"))
    # The fork server ends when it notices that the command has: after what it is importing.
    end = time.monotonic() + LIMIT_S
    while (processes := _marked(mark)) and time.monotonic() < end:
        time.sleep(0.1)
    return Ended(done.returncode, (folder / "errors").read_text(), processes, left)


def _marked(mark: str) -> tuple[str, ...]:
    """Return the command lines of all processes that have inherited a mark from the command."""
    lines = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and mark.encode() in (process / "environ").read_bytes():
                lines.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended meanwhile, or is another user's
    return tuple(lines)
