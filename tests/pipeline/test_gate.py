"""What would make answers worse is caught by the check that should, blocks or warns as set, and readers see nothing of it."""

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
from tests.pipeline.corruptions import (
    Corrupt,
    added,
    doubled,
    each,
    half_gone,
    in_the_wrong_encoding,
    shuffled,
    with_an_attack,
    with_hidden_text,
    without_headings,
)
from tests.pipeline.local_runs import ingest
from tests.pipeline.steps import configure, failed, outcome
from vouch.embedders.embedder import Embedder
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.run import Severity, Status

SAMPLE = Path(__file__).parents[2] / "data/sample/documents"
SPANISH = (SAMPLE / "languages/es-oxigeno.txt").read_text("utf-8")


def english() -> dict[str, str]:
    """Sections of real documentation as documents of their own, each under its title."""
    made = {}
    for file in sorted([*(SAMPLE / "docs/prefect").glob("*.mdx"), SAMPLE / "peps/pep-0594.md"]):
        body = re.sub(r"\A---.*?\n---\n", "", file.read_text("utf-8"), flags=re.DOTALL)
        for number, section in enumerate(re.split(r"(?m)^(?=## )", body)):
            if len(section) > 300:
                made[f"{file.stem}-{number}.md"] = (
                    section if section.startswith("#") else f"# {file.stem}\n\n{section}"
                )
    return made


def golden(documents: dict[str, str]) -> str:
    """Sentences of documents, asked for by their own words."""
    lines = []
    for name, text in documents.items():
        sentence = next(iter(re.findall(r"[A-Z][A-Za-z ,'-]{40,150}\b", text)), None)
        if sentence:
            lines.append(
                json.dumps(
                    {
                        "id": name,
                        "query": sentence,
                        "source": "docs",
                        "uri": name,
                        "answer": sentence,
                    }
                )
            )
    return "\n".join(lines)


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, prefect_server: None
) -> Path:
    """A project whose English documents are published; the tests work on copies."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "documents").mkdir()
    documents = english()
    assert len(documents) > 30
    for name, text in documents.items():
        (folder / "documents" / name).write_text(text, "utf-8")
    (folder / "golden.jsonl").write_text(golden(documents), "utf-8")
    configure(folder, tiny_model)
    assert ingest(config=str(folder / "vouch.yaml")).status is Status.PUBLISHED
    return folder


def seen(folder: Path) -> set[str]:
    """What readers see."""
    return {
        hit.chunk_id
        for hit in vouch.open(folder / "data/index").search("the of and", k=5000, mode="vector")
    }


@dataclass(frozen=True)
class Case:
    name: str
    corrupt: Corrupt
    caught_by: str
    blocks: bool
    contract: dict = field(default_factory=dict)
    sections: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)


SOME_SPANISH = added(
    {f"es-{n}.md": f"# Nota {n}\n\n{SPANISH[300 * n : 300 * n + 900]}" for n in range(11)}
)
CASES = [
    Case("Spanish added", SOME_SPANISH, "drift_languages", blocks=False),
    Case(
        "Spanish added to a source that promises English",
        SOME_SPANISH,
        "document_language",
        blocks=True,
        contract={"languages": ["en"], "severity": "block"},
    ),
    Case("headings stripped", each(without_headings), "drift_without_heading", blocks=True),
    Case(
        "headings stripped from a third",
        each(without_headings, 0.3),
        "drift_without_heading",
        blocks=False,
    ),
    Case("text doubled", each(doubled), "drift_repeated", blocks=True),
    Case("words reversed", each(shuffled), "drift_vocabulary", blocks=True),
    Case(
        "injected instructions",
        each(with_an_attack, 0.1),
        "policy_injection",
        blocks=True,
        sections={"policy": {"injection": "block"}},
    ),
    Case(
        "injected instructions, by default",
        each(with_an_attack, 0.1),
        "policy_injection",
        blocks=False,
    ),
    Case(
        "hidden text",
        each(with_hidden_text, 0.1),
        "policy_hidden_text",
        blocks=True,
        sections={"policy": {"hidden_text": "block"}},
    ),
    Case(
        "half the documents gone, on purpose",
        half_gone,
        "drift_documents",
        blocks=False,
        options={"allow_mass_delete": True},
    ),
    Case(
        "half the documents gone, and golden queries with them",
        half_gone,
        "golden_queries:recall@5",
        blocks=True,
        sections={"retrieval": {"golden": "golden.jsonl", "alpha": 1.0}},
        options={"allow_mass_delete": True},
    ),
    Case(
        "fewer documents than promised",
        half_gone,
        "source_documents",
        blocks=True,
        contract={"min_documents": 30},
        options={"allow_mass_delete": True},
    ),
    Case(
        "words reversed, with golden queries",
        each(shuffled),
        "golden_queries:recall@5",
        blocks=True,
        sections={"retrieval": {"golden": "golden.jsonl"}},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_corruption_is_caught_and_readers_see_nothing_of_it(
    case: Case, published: Path, tmp_path: Path, tiny_model: Path
):
    folder = shutil.copytree(published, tmp_path / "project")
    before = seen(folder)
    case.corrupt(folder / "documents")
    settings = configure(folder, tiny_model, {"contract": case.contract}, **case.sections)
    record = outcome(settings, **case.options)
    assert failed(record).get(case.caught_by) is (
        Severity.REJECT if case.blocks else Severity.WARN
    ), failed(record)
    if case.blocks:
        assert record.status is Status.REJECTED
        assert seen(folder) == before
    else:
        assert record.status is Status.PUBLISHED
        assert seen(folder) != before
    assert record.report
    (name,) = {check.name for check in record.failed_checks if check.qualified_id == case.caught_by}
    assert name in Path(record.report).read_text("utf-8")


def test_another_chunking_is_meant_and_only_warns(
    published: Path, tmp_path: Path, tiny_model: Path
):
    folder = shutil.copytree(published, tmp_path / "project")
    record = outcome(configure(folder, tiny_model, chunking={"max_tokens": 40}))
    assert record.status is Status.PUBLISHED
    assert failed(record)["drift_chunk_tokens"] is Severity.WARN


def test_each_of_several_sources_has_its_own_figures_and_drift(tmp_path: Path, tiny_model: Path):
    texts = english()
    for number, (name, text) in enumerate(texts.items()):
        folder = tmp_path / ("one" if number % 2 else "two")
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    sources = [{"name": name, "path": name} for name in ("one", "two")]
    settings = configure(tmp_path, tiny_model, sources=sources)
    first = outcome(settings).metrics
    assert first["one: documents"] + first["two: documents"] == first["documents"] == len(texts)
    each(without_headings)(tmp_path / "two")
    record = outcome(settings)
    assert record.metrics["one: without_heading"] == first["one: without_heading"]
    assert (
        record.metrics["two: without_heading"]
        > record.metrics["without_heading"]
        > first["without_heading"]
    )
    stripped = [one for one in record.drift if one.figure == "without_heading"]
    assert {(one.scope, one.part) for one in stripped} == {
        ("all", "index"),
        ("one", "index"),
        ("two", "index"),
        ("two", "arrivals"),
    }
    assert {one.scope for one in stripped if one.level != "none"} == {"all", "two"}
    assert [one.urgency for one in record.drift] == sorted(one.urgency for one in record.drift)


def test_a_corpus_that_doubles_is_published_with_a_warning(tmp_path: Path, tiny_model: Path):
    """By other documents of the same kind; with a bound in its contract it is not."""
    texts = english()
    (tmp_path / "documents").mkdir()
    added(dict(list(texts.items())[::2]))(tmp_path / "documents")
    outcome(configure(tmp_path, tiny_model))
    added(texts)(tmp_path / "documents")
    record = outcome(
        configure(tmp_path, tiny_model, {"contract": {"max_documents": len(texts) - 1}})
    )
    assert failed(record).get("source_documents") is Severity.REJECT
    record = outcome(configure(tmp_path, tiny_model))
    assert failed(record).get("drift_documents") is Severity.WARN
    assert failed(record).get("drift_chunks") is Severity.WARN
    assert record.status is Status.PUBLISHED, failed(record)


def test_half_the_documents_missing_is_no_delete(published: Path, tmp_path: Path, tiny_model: Path):
    folder = shutil.copytree(published, tmp_path / "project")
    before = seen(folder)
    half_gone(folder / "documents")
    with pytest.raises(MassDeleteRefused):
        ingest(config=str(configure(folder, tiny_model)))
    assert seen(folder) == before


def test_broken_encoding(tmp_path: Path, tiny_model: Path):
    """On a source whose letters are not all of ASCII."""
    (tmp_path / "documents").mkdir()
    for n in range(14):
        (tmp_path / "documents" / f"{n}.md").write_text(
            f"# Nota {n}\n\n{SPANISH[250 * n : 250 * n + 1000]}", "utf-8"
        )
    settings = configure(tmp_path, tiny_model)
    ingest(config=str(settings))
    before = seen(tmp_path)
    each(in_the_wrong_encoding)(tmp_path / "documents")
    record = outcome(settings)
    assert failed(record).get("drift_garbled") is Severity.REJECT, failed(record)
    assert (record.status, seen(tmp_path)) == (Status.REJECTED, before)


def test_vectors_of_another_model_under_the_same_name(
    published: Path, tmp_path: Path, tiny_model: Path, monkeypatch
):
    """A service that changed overnight: what says of itself that it is the same gives other vectors."""
    folder = shutil.copytree(published, tmp_path / "project")
    before = seen(folder)
    added({"new.md": "# New\n\nA document that is to be embedded by whatever answers now."})(
        folder / "documents"
    )
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(32, 32)))[0].astype(np.float32)
    real = Embedder.embed_documents
    monkeypatch.setattr(Embedder, "embed_documents", lambda *arguments: real(*arguments) @ turn)
    record = outcome(configure(folder, tiny_model))
    assert failed(record).get("embedding_reproducibility") is Severity.REJECT
    assert (record.status, seen(folder)) == (Status.REJECTED, before)


def test_a_stale_source_is_told_though_nothing_has_changed(
    published: Path, tmp_path: Path, tiny_model: Path
):
    folder = shutil.copytree(published, tmp_path / "project")
    old = time.time() - 50 * 3600
    for file in (folder / "documents").iterdir():
        os.utime(file, (old, old))
    ingest(config=str(folder / "vouch.yaml"))
    before = seen(folder)
    for severity, status in (("warn", Status.UNCHANGED), ("block", Status.REJECTED)):
        settings = configure(
            folder, tiny_model, {"contract": {"max_age_h": 48, "severity": severity}}
        )
        record = outcome(settings)
        assert "source_age" in failed(record)
        assert (record.status, seen(folder)) == (status, before)
    assert (
        ingest(config=str(configure(folder, tiny_model, {"contract": {"max_age_h": 72}}))).status
        is Status.UNCHANGED
    )


def test_a_clean_update_raises_no_block_and_is_on_record(
    published: Path, tmp_path: Path, tiny_model: Path
):
    folder = shutil.copytree(published, tmp_path / "project")
    each(
        lambda text: (
            text + "\n\nA remark on how schedules and caching work together in a deployment.\n"
        ),
        0.1,
    )(folder / "documents")
    english_only = {"contract": {"languages": ["en"]}}
    record = ingest(
        config=str(
            configure(folder, tiny_model, english_only, retrieval={"golden": "golden.jsonl"})
        )
    )
    assert record.status is Status.PUBLISHED
    assert Severity.REJECT not in failed(record).values()
    assert record.retrieval is not None
    assert record.retrieval.queries > 10
    assert {"documents", "without_heading", "golden recall@5"} <= set(record.metrics)
    docs = folder / "data/reports/data_docs" / record.run_id / "index.html"
    assert "documents" in docs.read_text("utf-8")


POLICY = {
    "personal_data": "redact",
    "secrets": "quarantine",
}
LETTER = "# Letter to {name}\n\nWrite to {mail} or call before Friday about the contract for the house on the hill.\n"


def test_what_is_redacted_stands_nowhere_and_spans_still_prove(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    mail = "maria.schmidt@kontor-hansen.de"
    (tmp_path / "documents/letter.md").write_text(LETTER.format(name="Maria", mail=mail), "utf-8")
    record = ingest(config=str(configure(tmp_path, tiny_model, policy=POLICY)))
    tables = Tables.open(tmp_path / "data/index")
    whole = json.dumps(
        [*tables.chunks.to_arrow().to_pylist(), *tables.documents.to_arrow().to_pylist()],
        default=str,
    )
    assert mail not in whole
    assert "redacted" in {
        flag for row in tables.chunks.to_arrow().to_pylist() for flag in row["flags"]
    }
    assert [(one.what, one.action, one.count) for one in record.policy] == [
        ("email_address", "redact", 1)
    ]
    from vouch.pipeline.operations.trace import trace_chunk

    file = read_settings(tmp_path / "vouch.yaml")
    for row in tables.chunks.to_arrow().to_pylist():
        assert trace_chunk(file, row["chunk_id"]).proved
    assert ingest(config=str(tmp_path / "vouch.yaml")).status is Status.UNCHANGED
    plain = ingest(config=str(configure(tmp_path, tiny_model)))
    assert plain.change_counts == {"reprocess": 1}
    assert mail in str(Tables.open(tmp_path / "data/index").chunks.to_arrow().to_pylist())


def test_what_is_quarantined_is_not_published_and_the_rest_of_its_document_is(
    tmp_path: Path, tiny_model: Path
):
    (tmp_path / "documents").mkdir()
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    text = f"# Deploy\n\n{'How to deploy the service. ' * 40}\n\n# Keys\n\nThe token is {key} for now.\n"
    (tmp_path / "documents/deploy.md").write_text(text, "utf-8")
    record = ingest(config=str(configure(tmp_path, tiny_model, policy=POLICY)))
    assert (record.accounting.published, record.accounting.chunks_quarantined) == (1, 1)
    tables = Tables.open(tmp_path / "data/index")
    (reject,) = tables.quarantine.to_arrow().to_pylist()
    assert reject["reason"] == "policy"
    assert key not in json.dumps(reject, default=str)
    assert key not in str(tables.chunks.to_arrow().to_pylist())
    assert key not in Path(record.report or "").read_text("utf-8")
