"""A candidate is searched as it would be published, and nothing else sees it."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pipeline.local_runs import reindex
from tests.pipeline.steps import configure, failed, outcome, run, tables, write
from tests.tiny_model import make_tiny_model
from vouch.index.search.hit import Hit
from vouch.index.search.index import Index
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.index_model import open_index
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.candidate_index import open_candidate
from vouch.schemas.errors import IndexError_, NotFound
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.search_options import Mode

ROOT = Path(__file__).parents[3]
STRICT = {"batch": {"min_documents": 50}}
QUERIES = ("what was not there before", "edited", "the text of document b", "broken")


@pytest.fixture(scope="module")
def rejected_project(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project in which a second run was rejected: a new document, an edit, and a removal."""
    folder = tmp_path_factory.mktemp("rejected") / "project"
    folder.mkdir()
    settings = configure(folder, tiny_model)
    for name in ("a", "b", "c"):
        write(settings, f"{name}.md", f"# {name}\n\nThe text of document {name}.")
    run(settings)
    configure(folder, tiny_model, contracts=STRICT)
    write(settings, "new.md", "# New\n\nA document that was not there.")
    write(settings, "a.md", "# a\n\nEdited, and longer than it was before.")
    (folder / "documents" / "c.md").unlink()
    assert failed(outcome(settings, allow_mass_delete=True))["published_documents"] == "reject"
    shutil.copytree(folder, folder.parent / "kept")
    return folder


@pytest.fixture
def settings(rejected_project: Path) -> Path:
    """The project in its place, which its record names, as the rejected run left it."""
    shutil.rmtree(rejected_project)
    shutil.copytree(rejected_project.parent / "kept", rejected_project)
    return rejected_project / "vouch.yaml"


def rejected_run(settings: Path) -> RunRecord:
    return next(each for each in list_runs(tables(settings)) if each.kind == "ingest")


def every_search(index: Index) -> dict[tuple[str, str], list[Hit]]:
    modes: tuple[Mode, ...] = ("hybrid", "vector", "text")
    return {
        (query, mode): list(index.search(query, mode=mode, breadth="broad", k=20))
        for query in QUERIES
        for mode in modes
    }


def files_of(settings: Path) -> dict[str, bytes]:
    folder = settings.parent / "data"
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_candidate_is_searched_as_the_index_is_once_it_is_approved(settings: Path):
    file, before = read_settings(settings), files_of(settings)
    published = every_search(open_index(file))
    with open_candidate(file, "latest") as candidate:
        searched = every_search(candidate)
        assert files_of(settings) != before  # its copy is below the work folder
    assert files_of(settings) == before
    assert every_search(open_index(file)) == published
    approve(file, "latest", "it is meant to be so", "Ada")
    assert every_search(open_index(file)) == searched
    assert searched != published
    uris = {hit.uri for hits in searched.values() for hit in hits}
    assert uris == {"a.md", "b.md", "new.md"}


def test_its_documents_and_traces_are_those_that_it_would_publish(settings: Path):
    file, run_id = read_settings(settings), rejected_run(settings).run_id
    with open_candidate(file, run_id[:17]) as candidate:
        assert candidate.run_id == run_id
        (hit,) = candidate.search("edited and longer", k=1, mode="text")
        document = candidate.document(hit.document_id)
        assert document.text[hit.char_start : hit.char_end] == hit.text
        assert document.run_id == hit.run_id == run_id
        around = candidate.context(hit.document_id, hit.char_start, hit.char_end, 1000)
        assert around.before + around.text + around.after == document.text
        assert candidate.trace(hit.chunk_id).proved
        assert not candidate.is_stale()
    assert "Edited" not in open_index(file).document(hit.document_id).text


def test_it_shares_the_model_of_what_is_published(settings: Path):
    file = read_settings(settings)
    with open_index(file) as published, open_candidate(file, "latest") as candidate:
        published.load_model()
        candidate.load_model()
        assert candidate.searcher._embedder is published.searcher._embedder


def test_an_ingest_beside_it_publishes_and_the_candidate_stays_as_it_was(settings: Path):
    file = read_settings(settings)
    with open_candidate(file, "latest") as candidate:
        before = every_search(candidate)
        configure(settings.parent, Path(file.settings.embedding.model))
        write(settings, "later.md", "# Later\n\nNobody has seen this before.")
        published = run(settings, allow_mass_delete=True)
        assert published.status is Status.PUBLISHED
        assert every_search(candidate) == before
    with (
        pytest.raises(IndexError_, match=f"changed since run .* audited .*{published.run_id}"),
        open_candidate(file, rejected_run_id(before)),
    ):
        pass
    # What has published is opened by its run too.
    with open_candidate(file, published.run_id) as kept:
        assert kept.run_id == published.run_id
        assert kept.search("later", k=1, mode="text")[0].uri == "later.md"


def rejected_run_id(searched: dict[tuple[str, str], list[Hit]]) -> str:
    """Return the run of the newest chunk that was found."""
    return max(hit.run_id for hits in searched.values() for hit in hits)


def test_a_staged_candidate_of_another_model_is_searched_with_that_model(
    settings: Path, tmp_path: Path
):
    wide = make_tiny_model(tmp_path / "wide", dimension=48)
    configure(settings.parent, wide)
    staged = reindex(config=str(settings))
    assert staged.status is Status.STAGED
    file = read_settings(settings)
    with open_candidate(file, "latest") as candidate:
        searched = every_search(candidate)
        assert candidate.searcher.tables.dimension == 48
    assert open_index(file).searcher.tables.dimension == 32
    assert reindex(config=str(settings), switch=True).status is Status.PUBLISHED
    assert without_runs(every_search(open_index(file))) == without_runs(searched)


def without_runs(searched: dict[tuple[str, str], list[Hit]]) -> dict[tuple[str, str], list[Hit]]:
    """Return the hits without what the switch, a run of its own, writes of itself."""
    return {
        key: [replace(hit, run_id="", ingested_at=None) for hit in hits]
        for key, hits in searched.items()
    }


def test_shards_that_are_gone_are_an_error_that_says_what_to_do(settings: Path):
    shutil.rmtree(settings.parent / "data/work/shards")
    with (
        pytest.raises(NotFound, match=r"staged shards .* are gone .*run `vouch ingest` again"),
        open_candidate(read_settings(settings), "latest"),
    ):
        pass


def test_what_a_killed_process_left_the_next_one_removes(settings: Path):
    code = (
        "import os, signal, sys, pathlib\n"
        "from vouch.pipeline.context.settings_loader import read_settings\n"
        "from vouch.pipeline.operations.candidate_index import open_candidate\n"
        "with open_candidate(read_settings(pathlib.Path(sys.argv[1])), 'latest'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(settings)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    work = settings.parent / "data/work"
    (left,) = work.glob("vouch-scratch-*")
    with open_candidate(read_settings(settings), "latest"):
        assert not left.exists()
    assert list(work.glob("vouch-scratch-*")) == []


@pytest.mark.parametrize(
    ("kind", "message"),
    [("approve", "made nothing that could be published"), ("nothing", "there is no run 'nothing'")],
)
def test_a_run_without_a_candidate_is_an_error(settings: Path, kind: str, message: str):
    file = read_settings(settings)
    if kind == "approve":
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        approve(file, None, "a week", "Ada", ["published_documents"], tomorrow)
        run_id = list_runs(tables(settings))[0].run_id
    else:
        run_id = kind
    with pytest.raises(NotFound, match=message), open_candidate(file, run_id):
        pass
