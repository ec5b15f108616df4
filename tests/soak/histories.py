"""Real histories, state by state, from the folder that the variable `HISTORIES` names."""

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

HISTORIES = Path(os.environ.get("HISTORIES", "nowhere"))


def states(corpus: str, documents: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Put one state after the other into `documents`; yield its number and the SHA-256 by path.

    Skips the test where the history is missing.
    """
    history = HISTORIES / corpus
    if not history.is_dir():
        pytest.skip("HISTORIES names no folder with this history")
    _copy(history / "base", documents, _paths(history, 0))
    yield 0, _paths(history, 0)
    for number, step in enumerate(sorted((history / "steps").iterdir()), 1):
        _apply(step, documents)
        yield number, _paths(history, number)


def _copy(source: Path, target: Path, paths: dict[str, str]) -> None:
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)


def _apply(step: Path, documents: Path) -> None:
    with (step / "changes.tsv").open(encoding="utf-8", newline="") as stream:
        changes = list(csv.DictReader(stream, delimiter="\t"))
    for change in changes:
        if change["status"] == "D":
            (documents / change["path"]).unlink()
    for change in changes:
        if change["status"] != "D":
            _copy(step / "files", documents, {change["path"]: ""})


def _paths(history: Path, number: int) -> dict[str, str]:
    with (history / "state" / f"{number:03}.tsv").open(encoding="utf-8", newline="") as stream:
        return {row["path"]: row["sha256"] for row in csv.DictReader(stream, delimiter="\t")}
