"""The retrieval gate: which texts the golden queries are located in, before and after."""

from pathlib import Path

import pytest

from tests.index.small_index import stage
from tests.pipeline.audit.candidates import candidate, chunks, documents
from vouch.index.publishing.states import State
from vouch.index.store.run_log import Intent
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.audit.retrieval_gate import (
    retrieval_gate,
    staged_texts,
    unpublished_documents,
)
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.record import Accounting


def test_without_golden_queries_there_is_nothing_to_check(run: Run):
    changeset = Changeset(Accounting(), Intent(), True, candidate)
    assert retrieval_gate(run, changeset) == GateResult()


@pytest.mark.parametrize(
    ("status", "gone"),
    [
        (["published"] * 4, set()),
        (
            ["published", "published", "quarantined", "filtered"],
            {("docs", "2.md"), ("docs", "3.md")},
        ),
    ],
)
def test_documents_that_lose_their_publication_are_unpublished(status: list[str], gone: set):
    before = State(documents(), chunks())
    after = State(documents(status=status), chunks())
    uris = [f"{number}.md" for number in range(4)]
    assert unpublished_documents(candidate(after, before), uris) == gone
    assert unpublished_documents(candidate(after, before), uris[:1]) == set()


def test_staged_texts_are_those_of_the_given_uris(tmp_path: Path):
    staging = stage(tmp_path, "20260103T000000-cccccc", {"a.md": "alpha", "b.md": "beta"})
    assert staged_texts(staging, {"a.md", "z.md"}) == {("docs", "a.md"): "alpha"}
