"""A virtual environment in which the client is installed, and neither Vouch nor what it needs."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "client"


def make_bare_environment(folder: Path) -> Path:
    """Make the environment and return its Python; the client's wheel is built without a network.

    What the client depends on is linked from the environment of the tests, package by package.
    """
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    here = Path(sysconfig.get_path("purelib"))
    for name in sorted(_with_dependencies("httpx")):
        for entry in {file.parts[0] for file in distribution(name).files or ()} - {".."}:
            if not (packages / entry).exists():
                (packages / entry).symlink_to(here / entry)
    sources = folder / "sources"
    shutil.copytree(CLIENT, sources, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    pip = (sys.executable, "-m", "pip", "--quiet")
    offline = ("--no-deps", "--no-index")
    output(*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", folder, sources)
    [wheel] = folder.glob("vouch_client-*.whl")
    output(*pip, "--python", folder / "bin/python", "install", *offline, wheel)
    return folder / "bin/python"


def _with_dependencies(name: str) -> set[str]:
    names: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in names:
            continue
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # needed on another system, or by an older Python
            continue
        names.add(name)
        needed = (text for text in requirements if "extra ==" not in text)
        waiting += [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in needed]
    return names


def output(*command: str | Path, cwd: Path | None = None) -> str:
    """Return what a command prints on standard output; fail with its standard error."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=inherited, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
