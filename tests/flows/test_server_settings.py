"""Whether a Prefect server is configured, found out without importing Prefect where that is possible."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vouch.flows.server_settings import keep_database_in
from vouch.schemas.errors import VouchError

CODE = """
import sys
from vouch.flows.server_settings import is_server_configured
print(is_server_configured(), "prefect" in sys.modules)
"""
URL = "http://127.0.0.1:4200/api"


def answer(folder: Path, **variables: str) -> str:
    """Run it in a folder where nothing of Prefect is set but by its files and `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=folder,
        env=kept | {"HOME": str(folder / "home")} | variables,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["prefect"]\n', "False False"),
        ("prefect.toml", f'[api]\nurl = "{URL}"\n', "True True"),
        ("prefect.toml", "[api]\n", "False True"),
        (
            "home/.prefect/profiles.toml",
            f'active = "a"\n[profiles.a]\nPREFECT_API_URL = "{URL}"\n',
            "True True",
        ),
        (".env", f"PREFECT_API_URL={URL}\n", "True True"),
    ],
)
def test_a_server_is_found_wherever_prefect_finds_it(
    tmp_path: Path, file: str, content: str, expected: str
):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content)
    assert answer(tmp_path) == expected


def test_an_address_in_the_environment_is_enough(tmp_path: Path):
    assert answer(tmp_path, PREFECT_API_URL=URL) == "True False"


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 4_000]
)
def test_a_damaged_database_of_prefect_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    keep_database_in(tmp_path)  # none yet
    (tmp_path / "prefect.db").write_bytes(b"")
    keep_database_in(tmp_path)  # as SQLite makes it
    (tmp_path / "prefect.db").write_bytes(content)
    with pytest.raises(VouchError, match=r"prefect\.db, where Prefect keeps .* move it away"):
        keep_database_in(tmp_path)
