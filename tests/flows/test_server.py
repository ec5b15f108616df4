"""Whether there is a server of Prefect's, told without importing Prefect where that can be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import sys
import vouch.flows.server_bootstrap
told = vouch.flows.server_bootstrap.has_server()
print(told, "prefect" in sys.modules)
"""


def python(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it where nothing of Prefect's is set but its home, and what `variables` say."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    environment = kept | {"PYTHONPATH": str(ROOT), "PREFECT_HOME": str(folder / "home")} | variables
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def told(folder: Path, **variables: str) -> str:
    done = python(folder, CODE, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("file", "content", "answer"),
    [
        (None, "", "False False"),
        ("pyproject.toml", '[project]\ndependencies = ["prefect"]\n', "False False"),
        ("pyproject.toml", '[tool.prefect.api]\nurl = "http://127.0.0.1:4200/api"\n', "True True"),
        ("prefect.toml", '[api]\nurl = "http://127.0.0.1:4200/api"\n', "True True"),
        ("prefect.toml", "[api]\n", "False True"),
        (
            "home/profiles.toml",
            'active = "a"\n[profiles.a]\nPREFECT_API_URL = "http://127.0.0.1:4200/api"\n',
            "True True",
        ),
        (".env", "PREFECT_API_URL=http://127.0.0.1:4200/api\n", "True True"),
    ],
)
def test_a_server_is_found_wherever_prefect_finds_it(
    tmp_path: Path, file: str | None, content: str, answer: str
):
    if file:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content)
    assert told(tmp_path) == answer


def test_an_address_in_the_environment_is_enough(tmp_path: Path):
    assert told(tmp_path, PREFECT_API_URL="http://127.0.0.1:4200/api") == "True False"


def test_a_server_that_cannot_start_is_told(tmp_path: Path):
    code = "import vouch.flows.server_bootstrap as s; s._EPHEMERAL['PREFECT_API_DATABASE_CONNECTION_URL'] = 'nonsense'; s.start_server()()"
    done = python(tmp_path, code)
    assert (
        "RuntimeError: Prefect's ephemeral server could not be started: it ended with code"
        in done.stderr
    )
    assert "Fatal Python error" not in done.stderr


def test_an_interrupted_server_ends_without_a_word(tmp_path: Path):
    """As by Ctrl-C, which the terminal sends to it too."""
    code = (
        "import vouch.flows.server_bootstrap as s, os, signal, subprocess; made = []; begin = s._process; "
        "s._process = lambda port: made.append(begin(port)) or made[0]; s.start_server()(); "
        "made[0].send_signal(signal.SIGINT); print('code', made[0].wait(60))"
    )
    done = python(tmp_path, code)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "code 0", "")


def test_a_run_that_is_killed_takes_its_server_along(tmp_path: Path):
    code = "import os, signal, vouch.flows.server_bootstrap as s; s.start_server()(); print(os.environ['PREFECT_API_URL'], flush=True); os.kill(os.getpid(), 9)"
    done = python(tmp_path, code)
    assert done.returncode == -signal.SIGKILL
    address = done.stdout.split("/")[2]
    until = time.monotonic() + 60
    while any(
        address.split(":")[1] in one.info["cmdline"]
        for one in psutil.process_iter(["cmdline"])
        if one.info["cmdline"]
    ):
        assert time.monotonic() < until, "the server is still there"
        time.sleep(0.1)
