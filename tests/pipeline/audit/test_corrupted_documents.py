"""What would make answers worse is caught by the intended check, blocks or warns as configured, and
readers see nothing of it.
"""

import json
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import vouch
from tests.pipeline.audit.corruptions import (
    Corrupt,
    added,
    doubled,
    each,
    half_deleted,
    in_the_wrong_encoding,
    in_turn,
    shuffled,
    with_hidden_text,
    with_injection,
    without_headings,
)
from tests.pipeline.steps import configure, failed, outcome
from vouch.embedders.base import Embedded
from vouch.embedders.embedder import Embedder
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.runs.record import Severity, Status

SAMPLE = Path(__file__).parents[3] / "data/sample/documents"
SPANISH = (SAMPLE / "languages/es-oxigeno.txt").read_text("utf-8")


def english_documents() -> dict[str, str]:
    """Return the beginnings of sections of real documentation, each under a title, by file name."""
    documents = {}
    for file in sorted([*(SAMPLE / "docs/prefect").glob("*.mdx"), SAMPLE / "peps/pep-0594.md"]):
        body = re.sub(r"\A---.*?\n---\n", "", file.read_text("utf-8"), flags=re.DOTALL)
        for number, section in enumerate(re.split(r"(?m)^(?=## )", body)):
            if len(section) > 300:
                titled = section if section.startswith("#") else f"# {file.stem}\n\n{section}"
                documents[f"{file.stem}-{number}.md"] = titled[:2000]
    return documents


def golden_queries(documents: dict[str, str]) -> str:
    """Return a query for a sentence of each document, which is also its answer, as lines of JSON."""
    lines = []
    for name, text in documents.items():
        sentence = next(iter(re.findall(r"[A-Z][A-Za-z ,'-]{40,150}\b", text)), None)
        if sentence:
            query = {"id": name, "query": sentence, "source": "docs", "uri": name}
            lines.append(json.dumps(query | {"answer": sentence}))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project whose English documents are published."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "documents").mkdir()
    documents = english_documents()
    assert len(documents) > 30
    added(documents)(folder / "documents")
    (folder / "golden.jsonl").write_text(golden_queries(documents), "utf-8")
    assert outcome(configure(folder, tiny_model)).status is Status.PUBLISHED
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """A copy of the published project."""
    return Path(shutil.copytree(published, tmp_path / "project"))


def visible(folder: Path) -> set[str]:
    """Return the ids of the chunks that readers see."""
    hits = vouch.open(folder / "data/index").search(
        "the of and", k=5000, mode="vector", breadth="all"
    )
    return {hit.chunk_id for hit in hits}


@dataclass(frozen=True)
class Case:
    """A corruption, the checks that catch it, and whether they block the run."""

    name: str
    corrupt: Corrupt
    checks: dict[str, Severity]
    contract: dict = field(default_factory=dict)
    sections: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)


WARN, BLOCK = Severity.WARN, Severity.REJECT
SOME_SPANISH = added(
    {f"es-{n}.md": f"# Nota {n}\n\n{SPANISH[300 * n : 300 * n + 900]}" for n in range(11)}
)
GOLDEN = {"retrieval": {"golden": "golden.jsonl", "alpha": 1.0}}
CASES = [
    Case("Spanish documents added", SOME_SPANISH, {"drift_languages": WARN}),
    Case(
        "Spanish documents added to a source whose contract says English",
        SOME_SPANISH,
        {"document_language": BLOCK},
        contract={"languages": ["en"], "severity": "block"},
    ),
    Case("headings removed", each(without_headings), {"drift_without_heading": BLOCK}),
    Case(
        "headings removed from a third",
        each(without_headings, 0.3),
        {"drift_without_heading": WARN},
    ),
    Case("text doubled", each(doubled), {"drift_repeated": BLOCK}),
    Case(
        "words reversed",
        each(shuffled),
        {"drift_vocabulary": BLOCK, "golden_queries:recall@5": BLOCK},
        sections=GOLDEN,
    ),
    Case(
        "injected instructions, and hidden ones",
        in_turn(each(with_hidden_text, 0.1), each(with_injection, 0.1)),
        {"policy_injection": WARN, "policy_hidden_text": BLOCK},
        sections={"policy": {"hidden_text": "block"}},
    ),
    Case(
        "half of the documents deleted on purpose",
        half_deleted,
        {"drift_documents": WARN},
        options={"allow_mass_delete": True},
    ),
    Case(
        "half of the documents deleted, and answers with them",
        half_deleted,
        {"source_documents": BLOCK, "golden_queries:recall@5": BLOCK},
        contract={"min_documents": 30},
        sections=GOLDEN,
        options={"allow_mass_delete": True},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_corruption_is_caught_and_is_not_published_where_it_blocks(
    case: Case, folder: Path, tiny_model: Path
):
    before = visible(folder)
    case.corrupt(folder / "documents")
    settings = configure(folder, tiny_model, {"contract": case.contract}, **case.sections)
    record = outcome(settings, **case.options)
    assert case.checks.items() <= failed(record).items()
    blocks = BLOCK in case.checks.values()
    assert record.status is (Status.REJECTED if blocks else Status.PUBLISHED)
    assert (visible(folder) == before) is blocks
    report = Path(record.report or "").read_text("utf-8")
    names = {check.name for check in record.failed_checks if check.qualified_id in case.checks}
    assert len(names) == len(case.checks)
    assert all(name in report for name in names)


def test_other_chunks_by_a_changed_setting_only_warn(folder: Path, tiny_model: Path):
    record = outcome(configure(folder, tiny_model, chunking={"max_tokens": 40}))
    assert record.status is Status.PUBLISHED
    assert failed(record)["drift_chunk_tokens"] is WARN


def test_each_source_has_its_own_metrics_and_drift(tmp_path: Path, tiny_model: Path):
    documents = english_documents()
    for number, (name, text) in enumerate(documents.items()):
        source = tmp_path / ("even" if number % 2 else "odd")
        source.mkdir(exist_ok=True)
        (source / name).write_text(text, "utf-8")
    sources = [{"name": name, "path": name} for name in ("even", "odd")]
    settings = configure(tmp_path, tiny_model, sources=sources)
    first = outcome(settings).metrics
    assert first["even: documents"] + first["odd: documents"] == len(documents)
    assert first["documents"] == len(documents)
    each(without_headings)(tmp_path / "odd")
    record = outcome(settings)
    metrics = record.metrics
    assert metrics["even: without_heading"] == first["even: without_heading"]
    assert metrics["odd: without_heading"] > metrics["without_heading"] > first["without_heading"]
    figures = [figure for figure in record.drift if figure.figure == "without_heading"]
    assert {(figure.scope, figure.part) for figure in figures} == {
        ("all", "index"),
        ("even", "index"),
        ("odd", "index"),
        ("odd", "arrivals"),
    }
    assert {figure.scope for figure in figures if figure.level != "none"} == {"all", "odd"}
    assert [figure.urgency for figure in record.drift] == sorted(
        figure.urgency for figure in record.drift
    )


def test_a_corpus_that_doubles_is_published_with_a_warning_unless_its_contract_bounds_it(
    tmp_path: Path, tiny_model: Path
):
    documents = english_documents()
    (tmp_path / "documents").mkdir()
    added(dict(list(documents.items())[::2]))(tmp_path / "documents")
    outcome(configure(tmp_path, tiny_model))
    added(documents)(tmp_path / "documents")
    bound = {"contract": {"max_documents": len(documents) - 1}}
    record = outcome(configure(tmp_path, tiny_model, bound))
    assert failed(record)["source_documents"] is BLOCK
    record = outcome(configure(tmp_path, tiny_model))
    assert {"drift_documents": WARN, "drift_chunks": WARN}.items() <= failed(record).items()
    assert record.status is Status.PUBLISHED


def test_a_run_that_would_delete_half_of_the_documents_is_refused(folder: Path, tiny_model: Path):
    before = visible(folder)
    half_deleted(folder / "documents")
    with pytest.raises(MassDeleteRefused):
        outcome(configure(folder, tiny_model))
    assert visible(folder) == before


def test_a_wrong_encoding_is_caught_in_a_source_with_other_letters_than_ascii(
    tmp_path: Path, tiny_model: Path
):
    (tmp_path / "documents").mkdir()
    notes = {f"{n}.md": f"# Nota {n}\n\n{SPANISH[250 * n : 250 * n + 1000]}" for n in range(14)}
    added(notes)(tmp_path / "documents")
    settings = configure(tmp_path, tiny_model)
    outcome(settings)
    before = visible(tmp_path)
    each(in_the_wrong_encoding)(tmp_path / "documents")
    record = outcome(settings)
    assert failed(record)["drift_garbled"] is BLOCK
    assert (record.status, visible(tmp_path)) == (Status.REJECTED, before)


def test_a_model_that_gives_other_vectors_under_the_same_name_is_caught(
    folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    """As of a service that changed its model and not what it says of itself."""
    before = visible(folder)
    added({"new.md": "# New\n\nA document that is to be embedded by whatever answers now."})(
        folder / "documents"
    )
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(32, 32)))[0].astype(np.float32)
    embed = Embedder.embed_documents
    monkeypatch.setattr(
        Embedder, "embed_documents", lambda *args: Embedded(embed(*args).vectors @ turn)
    )
    record = outcome(configure(folder, tiny_model))
    assert failed(record)["embedding_reproducibility"] is BLOCK
    assert (record.status, visible(folder)) == (Status.REJECTED, before)


def test_a_source_that_is_too_old_is_reported_although_nothing_has_changed(
    folder: Path, tiny_model: Path
):
    modified = time.time() - 50 * 3600
    for file in (folder / "documents").iterdir():
        os.utime(file, (modified, modified))
    outcome(folder / "vouch.yaml")
    before = visible(folder)
    for contract, status in (
        ({"max_age_h": 48, "severity": "warn"}, Status.UNCHANGED),
        ({"max_age_h": 48, "severity": "block"}, Status.REJECTED),
        ({"max_age_h": 72, "severity": "block"}, Status.UNCHANGED),
    ):
        record = outcome(configure(folder, tiny_model, {"contract": contract}))
        assert ("source_age" in failed(record)) is (contract["max_age_h"] == 48)
        assert (record.status, visible(folder)) == (status, before)


def test_an_ordinary_update_is_published_with_its_metrics(folder: Path, tiny_model: Path):
    remark = "A remark on how schedules and caching work together in a deployment."
    each(lambda text: f"{text}\n\n{remark}\n", 0.1)(folder / "documents")
    english_only = {"contract": {"languages": ["en"]}}
    golden = {"golden": "golden.jsonl"}
    record = outcome(configure(folder, tiny_model, english_only, retrieval=golden))
    assert record.status is Status.PUBLISHED
    assert BLOCK not in failed(record).values()
    assert record.retrieval is not None
    assert record.retrieval.queries > 10
    assert {"documents", "without_heading", "golden recall@5"} <= set(record.metrics)
    docs = folder / "data/reports/data_docs" / record.run_id / "index.html"
    assert "documents" in docs.read_text("utf-8")
