"""Equal texts of a run are embedded once, also where they stand in different shards."""

from collections.abc import Callable
from pathlib import Path

from tests.pipeline.local_runs import ingest


def test_equal_texts_in_many_shards_are_embedded_once(
    project: Callable[..., Path], tiny_model: Path, prefect_server: None
):
    text = "# Notice\n\nEither party may end this contract by notice in writing of three months.\n"
    settings = project(
        {f"{number}.md": text for number in range(12)},
        f"embedding:\n  model: {tiny_model}\nrun:\n  shard_documents: 1\ncontracts:\n  batch:\n    warn_duplicate_share: 1\n",
    )
    record = ingest(config=str(settings))
    assert record.shards > 1
    assert record.accounting.chunks_published == 12
    (embedded,) = (cost for cost in record.stages if cost.stage == "embed")
    assert embedded.items == 1
    once = record.tokens_embedded
    assert 0 < once < 40
