"""Indexes that are built once, and copied for each test that changes them."""

import shutil
from pathlib import Path

import pytest

from tests.index import large_index, small_index
from vouch.index.publishing.maintenance import maintain
from vouch.index.store.tables import Tables


def _copy(index: Path, folder: Path) -> Tables:
    shutil.copytree(index, folder / "index")
    return Tables.open(folder / "index")


@pytest.fixture(scope="session")
def small_index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_index.build(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small_tables(small_index_folder: Path, tmp_path: Path) -> Tables:
    """Three documents of one chunk each: see `tests.index.small_index`."""
    return _copy(small_index_folder, tmp_path)


@pytest.fixture(scope="session")
def large_index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large_index.build(tmp_path_factory.mktemp("large"))


@pytest.fixture
def few_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure with few queries, and take the first kind of index that reaches the recall.

    What is shown here does not depend on the number of queries, nor on how fast the machine is.
    """
    monkeypatch.setattr("vouch.index.vectors.tuning._PROBES", 12)
    monkeypatch.setattr("vouch.index.vectors.tuning._CHEAP_MS", 1e9)


@pytest.fixture
def large_tables(large_index_folder: Path, tmp_path: Path, few_probes: None) -> Tables:
    """1,000 chunks without a vector index: see `tests.index.large_index`."""
    return _copy(large_index_folder, tmp_path)


@pytest.fixture(scope="session")
def maintained_folder(large_index_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maintained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vouch.index.vectors.tuning._PROBES", 12)
        patch.setattr("vouch.index.vectors.tuning._CHEAP_MS", 1e9)
        maintain(_copy(large_index_folder, folder), large_index.SETTINGS.index)
    return folder / "index"


@pytest.fixture
def maintained_tables(maintained_folder: Path, tmp_path: Path, few_probes: None) -> Tables:
    """The same 1,000 chunks after maintenance, which has chosen a vector index."""
    return _copy(maintained_folder, tmp_path)
