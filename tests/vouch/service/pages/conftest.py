"""A project with texts that attack a page, a PDF and a rejected candidate, served to a browser."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.parsers.pdf.pdf_writer import column, pdf
from tests.pipeline.steps import configure, outcome, run, write
from tests.reports.browser import HOSTILE, chromium
from tests.vouch.service.conftest import KEYS, SERVED_KEYS
from tests.vouch.service.running import Service, change, serving
from vouch.schemas.runs.record import Status

QUESTION = "How long is the notice period?"
LEASE = [
    "The rent is due on the first day of the month.",
    "The notice period of this lease is three months to the end of a quarter.",
    "The landlord keeps the house in good repair.",
]
BIDI = "invoice\u202egpj.exe\u2066 מספר 42"
LONG = "\n\n".join(f"Paragraph {number} of a long report about harvests." for number in range(2000))
DOCUMENTS: dict[str, str | bytes] = {
    "notice.md": "---\nacl: [staff]\nyear: 2024\n---\n# Leaving\n\nThe notice period is three "
    "months.\n\n## Exceptions\n\nIn the first half year the notice period is two weeks.",
    "salaries.md": "---\nacl: [board]\n---\n# Salaries\n\nThe salary of the director is secret.",
    "lease.pdf": pdf([column(72, 700, LEASE), column(72, 700, ["A page of its own."])]),
    "long.md": f"# Harvests\n\n{LONG}",
    "german.md": "# Kündigung\n\nDie Kündigungsfrist beträgt drei Monate zum Ende des Quartals, "
    "und sie gilt für beide Seiten gleichermaßen.",
    "hostile.md": f"---\ntitle: {json.dumps(HOSTILE)}\nremark: {json.dumps(HOSTILE + BIDI)}\n---\n"
    f"# {BIDI}\n\nHostile notice: `{HOSTILE}` and {BIDI}.",
    "<img src=x onerror=hacked=1>.md": "# Hostile name\n\nThe name of this file is an attack.",
}
GOLDEN = [
    {
        "id": "notice",
        "query": QUESTION,
        "source": "docs",
        "uri": "notice.md",
        "answer": "The notice period is three months",
    }
]
PROFILES = {"members": {"filters": ["acl in $groups"], "k": 4}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while it is open, nothing else can run an event loop."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of a project with a published run and a rejected one. Not to be changed."""
    folder = tmp_path_factory.mktemp("desk")
    settings = configure(
        folder,
        tiny_model,
        index={"max_delete_share": 1.0},
        profiles=PROFILES,
        retrieval={"golden": "golden.jsonl"},
        contracts={"batch": {"min_documents": 1}},
    )
    golden = "".join(f"{json.dumps(query)}\n" for query in GOLDEN)
    (folder / "golden.jsonl").write_text(golden)
    for name, content in DOCUMENTS.items():
        if isinstance(content, bytes):
            (folder / "documents").mkdir(exist_ok=True)
            (folder / "documents" / name).write_bytes(content)
        else:
            write(settings, name, content)
    run(settings)
    # The candidate has the answer no more, and too few documents.
    write(settings, "notice.md", "# Leaving\n\nPeople who leave say so.")
    write(settings, "new.md", "# New\n\nOnly the candidate has this text about the notice period.")
    stricter = change(settings, contracts={"batch": {"min_documents": 500}})
    assert outcome(stricter).status is Status.REJECTED
    write(settings, "notice.md", str(DOCUMENTS["notice.md"]))
    (folder / "documents" / "new.md").unlink()
    return folder


def copied(desk: Path, folder: Path) -> Path:
    """Return the settings of a copy of the project."""
    return shutil.copytree(desk, folder / "project") / "vouch.yaml"


@pytest.fixture(scope="module")
def served(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without keys, shared by the tests of a module; its project is beside its log."""
    with serving(copied(desk, tmp_path_factory.mktemp("served"))) as service:
        yield service


@pytest.fixture(scope="module")
def guarded(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with keys."""
    settings = copied(desk, tmp_path_factory.mktemp("guarded"))
    with serving(change(settings, serve={"keys": SERVED_KEYS}), environment=KEYS) as service:
        yield service
