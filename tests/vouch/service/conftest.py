"""A project with an access list in its documents, published by one run, and its servers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, run, write
from tests.vouch.service.running import Service, change, serving

STAFF_KEY = "staff-key-0123456789abcdef"
BOARD_KEY = "board-key-0123456789abcdef"
ADMIN_KEY = "admin-key-0123456789abcdef"
KEYS = {"STAFF_KEY": STAFF_KEY, "BOARD_KEY": BOARD_KEY, "ADMIN_KEY": ADMIN_KEY}

DOCUMENTS = {
    "leave.md": "---\nacl: [staff, board]\n---\n# Leave\n\nParental leave lasts ten weeks.",
    "salaries.md": "---\nacl: [board]\namount: 987654\n---\n# Salaries\n\nThe salary of the director is high.",
    "merger.md": "---\nacl: [board]\n---\n# Merger\n\nThe merger is secret until spring.",
    "lunch.md": "---\nacl: [staff]\n---\n# Lunch\n\nLunch is at noon, parental or not.",
    # The text of lunch.md once more, for others to read.
    "meals.md": "---\nacl: [board]\n---\n# Lunch\n\nLunch is at noon, parental or not.",
    "open.md": "# Open\n\nThis text has no access list.",
}
PROFILES = {
    "members": {"filters": ["acl in $groups"], "k": 4},
    "english": {"filters": ["language=en"], "mode": "text"},
}
SERVED_KEYS = [
    {
        "name": "staff",
        "key": "${STAFF_KEY}",
        "profile": "members",
        "values": {"groups": ["staff"]},
    },
    {"name": "board", "key": "${BOARD_KEY}", "profile": "members"},
    {"name": "admin", "key": "${ADMIN_KEY}"},
]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of a project that one run has published. Not to be changed."""
    folder = tmp_path_factory.mktemp("library")
    settings = configure(folder, tiny_model, index={"max_delete_share": 1.0}, profiles=PROFILES)
    for name, text in DOCUMENTS.items():
        write(settings, name, text)
    run(settings)
    return folder


@pytest.fixture
def project(library: Path, tmp_path: Path) -> Path:
    """The settings of a copy of that project, which a test may change."""
    return shutil.copytree(library, tmp_path / "project") / "vouch.yaml"


@pytest.fixture(scope="module")
def anybody(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without keys, shared by the tests of a module."""
    folder = shutil.copytree(library, tmp_path_factory.mktemp("anybody") / "project")
    with serving(folder / "vouch.yaml") as service:
        yield service


@pytest.fixture(scope="module")
def locked(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with keys, shared by the tests of a module."""
    folder = shutil.copytree(library, tmp_path_factory.mktemp("locked") / "project")
    settings = change(folder / "vouch.yaml", serve={"keys": SERVED_KEYS})
    with serving(settings, environment=KEYS) as service:
        yield service
