"""A state machine of whole runs: whatever happens to documents and settings, and in which order, the
invariants of ARCHITECTURE.md hold.

The soak test lets hypothesis find orders. It begins with short and simple ones, so that few
examples would contain nothing but plain runs; the ordinary test is one long history instead, in
which each kind of event occurs a fixed number of times.
"""

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

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

from tests.pipeline.faults import PUBLISHING_RUN, Killed, at, make_records_as_killed
from tests.pipeline.local_runs import replay
from tests.pipeline.steps import configure, indexed, run, tables
from vouch.chunkers.chunker import chunk
from vouch.embedders.local.precision import MIN_COSINE
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.index.publishing.versions import at_state, published_state, states
from vouch.index.store.tables import rows
from vouch.parsers.registry import parse
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import release, rollback
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.documents.ids import chunk_id, document_id
from vouch.schemas.errors import DocumentRejected, NotFound, PublishingHeld
from vouch.schemas.runs.record import Status

NAMES = [f"{letter}.{kind}" for letter in "abc" for kind in ("md", "json")]
SOUND = {
    "md": (
        "# One\n\nA text.",
        "# Two\n\nAnother text, with more words in it.\n\n## Below\n\nAnd a part below.",
        "Plain.",
    ),
    "json": ('{"title": "One", "text": "A text."}', '["another", "text"]', '{"text": "Third."}'),
}
BROKEN = {"md": "", "json": "{"}
MAX_TOKENS = (160, 32)
SOURCES = ("docs", "papers")
CHUNK = ("chunk_id", "uri", "text", "char_start", "char_end")


class Machine(RuleBasedStateMachine):
    """Documents, settings and runs over them.

    `published` are the chunks that must be published, by id. They are not known after a run was
    cut short, until the next one has ended.
    """

    model: ClassVar[Path]
    tokenizer: ClassVar[ModelTokenizer]

    @initialize()
    def publish_first(self):
        self.folder = Path(tempfile.mkdtemp())
        self.documents = self.folder / "documents"
        self.documents.mkdir()
        (self.documents / "stays.md").write_text("# Stays\n\nA document that is never changed.")
        self.source, self.max_tokens = SOURCES[0], MAX_TOKENS[0]
        self.settings = self.configure()
        self.published: dict[str, dict] | None = None
        self.vectors: dict[str, list[float]] = {}
        self.edits = 0
        self.ingest()

    def teardown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self) -> Path:
        return configure(
            self.folder,
            self.model,
            {"name": self.source},
            chunking={"max_tokens": self.max_tokens},
            index={"max_delete_share": 1.0, "keep_published": 3},
            run={"shard_documents": 2, "keep_staged_h": 0},
            contracts={"batch": {"max_quarantine_share": 1.0}},
        )

    @rule(name=st.sampled_from(NAMES), version=st.integers(0, 2))
    def add_or_edit(self, name: str, version: int):
        (self.documents / name).write_text(SOUND[name.split(".")[1]][version])

    @rule(name=st.sampled_from(NAMES))
    def break_document(self, name: str):
        (self.documents / name).write_text(BROKEN[name.split(".")[1]])

    @rule(name=st.sampled_from(NAMES), new_name=st.sampled_from(NAMES))
    def rename(self, name: str, new_name: str):
        if name[-2:] == new_name[-2:] and (self.documents / name).exists():
            (self.documents / name).rename(self.documents / new_name)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str):
        (self.documents / name).unlink(missing_ok=True)

    @rule(max_tokens=st.sampled_from(MAX_TOKENS))
    def change_chunking(self, max_tokens: int):
        self.max_tokens = max_tokens
        self.configure()

    @rule(source=st.sampled_from(SOURCES))
    def rename_source(self, source: str):
        """Its documents are other ones then; the next run over all sources removes the old ones."""
        self.source = source
        self.configure()
        self.ingest()

    @rule()
    def ingest(self):
        record = run(self.settings)
        assert record.accounting.problems() == []
        self.published = self.chunks_of_files()
        versions = tables(self.settings).versions()
        assert run(self.settings).status is Status.UNCHANGED
        assert tables(self.settings).versions() == versions

    @rule(boundary=st.sampled_from(PUBLISHING_RUN), side=st.sampled_from(Side))
    def cut_short(self, boundary: Boundary, side: Side):
        """There is always something to publish, so that every boundary is crossed."""
        self.edits += 1
        (self.documents / "edited.md").write_text(f"# Edited\n\nEdit {self.edits}.")
        try:
            with at(boundary, side):
                run(self.settings)
        except Killed:
            self.published = None
            make_records_as_killed(read_settings(self.settings))
        else:
            # Only this one is not crossed where an equal text has a vector already.
            assert boundary is Boundary.NOTE_GENERATION
            self.published = self.chunks_of_files()

    @rule()
    def replay_quarantine(self):
        """Only what a document in quarantine has become since is published."""
        published = self.published_for_sure()
        columns = indexed(self.settings, "documents", "uri", "status")
        tried = {row["uri"] for row in columns if row["status"] == "quarantined"}
        replay(config=str(self.settings))
        self.published = {
            identity: row
            for before, rows_ in ((True, published), (False, self.chunks_of_files()))
            for identity, row in rows_.items()
            if (row["uri"] in tried) is not before
        }

    @rule(back=st.integers(0, 2))
    def roll_back(self, back: int):
        self.published_for_sure()
        file, kept = read_settings(self.settings), states(tables(self.settings))
        target = kept[-1 - back % len(kept)]
        past = rows(at_state(tables(self.settings), target).chunks, ("chunk_id",)).to_pylist()
        rollback(file, target)
        assert {row["chunk_id"] for row in past} == set(self.visible_chunks())
        with pytest.raises(PublishingHeld):
            run(self.settings)
        release(file)
        with pytest.raises(NotFound):
            release(file)
        self.ingest()

    def published_for_sure(self) -> dict[str, dict]:
        """Return what is published; do a run first where the one before was cut short."""
        if self.published is None:
            self.ingest()
        assert self.published is not None
        return self.published

    @invariant()
    def readers_see_a_whole_state_whose_chunks_can_be_proved(self):
        """Spans are the text of their document, vectors are unit vectors and those of their texts,
        ids are unique, and documents have the chunks that they count.
        """
        state = published_state(tables(self.settings))
        columns = ("document_id", "canonical_text", "chunk_count")
        documents = {row["document_id"]: row for row in rows(state.documents, columns).to_pylist()}
        columns = ("document_id", "vector", "embedded_sha256", *CHUNK)
        chunks = rows(state.chunks, columns).to_pylist()
        assert len({row["chunk_id"] for row in chunks}) == len(chunks)
        for row in chunks:
            text = documents[row["document_id"]]["canonical_text"]
            assert text[row["char_start"] : row["char_end"]] == row["text"]
            assert abs(np.linalg.norm(row["vector"]) - 1) < 1e-3
            first = self.vectors.setdefault(row["embedded_sha256"], row["vector"])
            # Which precision is faster is tried each time that the model is loaded.
            assert np.dot(first, row["vector"]) >= MIN_COSINE
        assert sum(row["chunk_count"] for row in documents.values()) == len(chunks)

    @invariant()
    def after_a_run_that_ended_the_index_is_what_the_files_say(self):
        """Every document is published or in quarantine with a reason, and the doctor agrees."""
        if self.published is None:
            return
        assert self.visible_chunks() == self.published
        rejects = {row["uri"] for row in indexed(self.settings, "quarantine", "uri")}
        for row in indexed(self.settings, "documents", "uri", "status"):
            assert (row["status"] == "quarantined") == (row["uri"] in rejects)
        assert diagnose(read_settings(self.settings)).findings == ()

    def visible_chunks(self) -> dict[str, dict]:
        chunks = published_state(tables(self.settings)).chunks
        return {row["chunk_id"]: row for row in rows(chunks, CHUNK).to_pylist()}

    def chunks_of_files(self) -> dict[str, dict]:
        """Return the chunks that parsers and chunker alone make of the files, by id."""
        chunking = read_settings(self.settings).settings.chunking
        chunks = {}
        for file in self.documents.iterdir():
            try:
                document = parse(file.read_bytes(), file.name)
            except DocumentRejected:
                continue
            identity = document_id(self.source, file.name)
            for part in chunk(document, chunking, self.tokenizer):
                key = chunk_id(identity, part.char_start, part.char_end, part.text)
                values = (key, file.name, part.text, part.char_start, part.char_end)
                chunks[key] = dict(zip(CHUNK, values, strict=True))
        return chunks


@pytest.fixture
def machine(tiny_model: Path, tokenizer: ModelTokenizer) -> type[Machine]:
    return type("Machine", (Machine,), {"model": tiny_model, "tokenizer": tokenizer})


def history(generator: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """Return events in random order: names of rules, each with its arguments."""

    def name() -> str:
        return generator.choice(NAMES)

    # Where a run is cut short: while it reads, before and after it begins to publish.
    steps = (Boundary.STAGE, Boundary.AUDIT, Boundary.RECORD_INTENT, Boundary.COMMIT_DOCUMENTS)
    events: list[tuple[str, dict[str, Any]]] = [
        *(("add_or_edit", {"name": name(), "version": number % 3}) for number in range(7)),
        *(("break_document", {"name": name()}) for _ in range(3)),
        *(("rename", {"name": name(), "new_name": name()}) for _ in range(3)),
        *(("delete", {"name": name()}) for _ in range(2)),
        *(("change_chunking", {"max_tokens": limit}) for limit in reversed(MAX_TOKENS)),
        ("rename_source", {"source": SOURCES[1]}),
        *(("ingest", {}) for _ in range(2)),
        *(
            ("cut_short", {"boundary": step, "side": generator.choice(list(Side))})
            for step in steps
        ),
        *(("replay_quarantine", {}) for _ in range(2)),
        *(("roll_back", {"back": back}) for back in (1, 2)),
    ]
    generator.shuffle(events)
    return events


def test_invariants_hold_over_a_long_history(machine: type[Machine]):
    state = machine()
    try:
        state.publish_first()
        for event, arguments in history(random.Random(7)):
            getattr(state, event)(**arguments)
            state.readers_see_a_whole_state_whose_chunks_can_be_proved()
            state.after_a_run_that_ended_the_index_is_what_the_files_say()
    finally:
        state.teardown()


@pytest.mark.soak
@pytest.mark.timeout(3 * 3600)
def test_invariants_hold_whatever_happens(machine: type[Machine]):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
