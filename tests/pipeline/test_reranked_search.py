"""A search whose best passages a cross-encoder puts in order, from Python and by the command."""

import json
from pathlib import Path

import pytest

import vouch
from tests.command_line import run_command
from tests.tiny_model import make_tiny_cross_encoder
from vouch.pipeline.context.index_model import reranker_of
from vouch.pipeline.context.settings_loader import read_settings

QUERY = "How long is parental leave?"


def test_a_reranker_orders_the_best_passages(published: Path):
    folder = make_tiny_cross_encoder(published.parent / "models" / "reranker")
    file = read_settings(published)
    reranker = reranker_of(file, "models/reranker")
    index = vouch.open(file.index_location)
    broad = index.search(QUERY, 30, breadth="broad")
    scores = reranker.scores(QUERY, [hit.text for hit in broad])
    best = sorted(zip(scores, broad, strict=True), key=lambda pair: -pair[0])[:3]
    for breadth in ("precise", "broad"):
        hits = index.search(QUERY, 3, breadth=breadth, rerank=reranker)
        assert [hit.citation for hit in hits] == [hit.citation for _, hit in best]
        assert [hit.score for hit in hits] == pytest.approx([score for score, _ in best], abs=1e-4)
    chunks = index.search(QUERY, 3, mode="text", breadth="all", rerank=reranker)
    assert all(len(hit.chunk_ids) == 1 for hit in chunks)
    assert index.search("nowhere", 3, "text", ["uri=none"], rerank=reranker) == []

    arguments = ["--config", str(published), "--json", "search", "-k", "3", "--rerank"]
    done = run_command(*arguments, str(folder), QUERY)
    assert done.code == 0
    (answer,) = json.loads(done.output)
    assert [hit["chunk_id"] for hit in answer["hits"]] == [hit.chunk_id for _, hit in best]
    done = run_command(*arguments, "models/none", QUERY)
    assert done.code != 0
    assert "there is no reranker 'models/none'" in done.output
