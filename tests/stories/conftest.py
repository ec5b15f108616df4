"""A person at the command line: the commands of a story, one after the other, and their number."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command_line import Shown, run_command
from tests.pipeline.steps import configure, tables
from vouch.index.store.run_log import list_runs
from vouch.schemas.runs.record import RunRecord


@dataclass
class Story:
    """A project's folder, and the commands that a person has given so far.

    Each runs as it would in a shell of that folder, in this process: a new one imports for seconds.
    """

    folder: Path
    commands: list[str] = field(default_factory=list)

    def run(self, line: str) -> Shown:
        """Run a command line, as an alert or `vouch explain` names it."""
        self.commands.append(line)
        words = shlex.split(line)
        assert words[0] == "vouch", line
        return run_command(*words[1:])

    def ingest(self) -> Shown:
        """Run `vouch ingest`, by the local runner: no server is configured."""
        return self.run("vouch ingest --runner local")

    @property
    def newest(self) -> RunRecord:
        """The record of the newest run."""
        return list_runs(tables(self.folder / "vouch.yaml"), 1)[0]

    def write(self, documents: dict[str, str]) -> None:
        """Write documents of the project, by name."""
        for name, text in documents.items():
            file = self.folder / "documents" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


@pytest.fixture
def story(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A project with the tiny model and no documents yet, without a Prefect server."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "project"
    (folder / "documents").mkdir(parents=True)
    configure(folder, tiny_model)
    monkeypatch.chdir(folder)
    return Story(folder)
