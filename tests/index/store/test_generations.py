"""What a service's probe texts gave is recorded once with its generation, and read by all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from vouch.embedders.base import PROBE
from vouch.embedders.models import find_model
from vouch.embedders.probes import PROBES
from vouch.index.store.generations import (
    Generation,
    begin_generation,
    is_recorded,
    recorded_probes,
    write_generation,
)
from vouch.index.store.model_change import ModelFacts
from vouch.index.store.tables import Tables, create_table
from vouch.schemas.documents.arrow import GENERATIONS
from vouch.schemas.errors import ModelChanged
from vouch.schemas.settings.embedding import EmbeddingSettings

SERVICE = EmbeddingSettings.model_validate(
    {
        "model": "platform/m-3",
        "dimensions": 8,
        "service": {"url": "https://vectors.example/v1", "api_key": "key-4711"},
    }
)
CARD = find_model(SERVICE, Path())
VECTORS = np.eye(8, dtype=np.float32)


def test_of_two_runs_that_begin_it_at_once_both_compare_with_the_same(tmp_path: Path):
    Tables.create(tmp_path, 8)
    several = [Tables.open(tmp_path) for _ in range(4)]

    def begin(number: int) -> np.ndarray:
        vectors = np.roll(VECTORS, number, axis=1)
        probes = begin_generation(several[number], CARD, vectors, f"r{number}", CARD.fingerprint)
        return probes.vectors

    with ThreadPoolExecutor(len(several)) as pool:
        first, *later = pool.map(begin, range(len(several)))
    assert all(np.array_equal(first, probes) for probes in later)
    assert Tables.open(tmp_path).generations.count_rows() == 1
    kept = recorded_probes(Tables.open(tmp_path), CARD, CARD.fingerprint)
    assert kept is not None
    assert kept.texts == PROBES
    kept.check_all(first)
    with pytest.raises(ModelChanged):
        kept.check_all(np.roll(first, 1, axis=1))


def test_a_generation_of_an_earlier_version_keeps_its_one_probe(tmp_path: Path):
    # 0.11.0 made the table without the column of all probes.
    for name in ("chunks", "documents", "quarantine", "runs"):
        create_table(tmp_path, name, 8)
    import lancedb

    old = GENERATIONS.remove(GENERATIONS.get_field_index("probes"))
    row = Generation.of(CARD, VECTORS[:1], "run").model_dump(exclude={"probes"})
    table = pa.Table.from_pylist([row], schema=old)
    lancedb.connect(tmp_path).create_table("generations", table)

    for tables in (Tables.open(tmp_path).require_current(), Tables.create(tmp_path, 8)):
        kept = recorded_probes(tables, CARD, CARD.fingerprint)
        assert kept is not None
        assert kept.texts == (PROBE,)
        kept.check_all(VECTORS)
    new = Generation.of(CARD, VECTORS, "run", "another")
    write_generation(tables, new)
    assert is_recorded(tables, "another")
    assert is_recorded(tables, CARD.fingerprint)
    probes = recorded_probes(tables, CARD, "another")
    assert probes is not None
    assert len(probes.vectors) == 8


def test_a_service_is_described_without_its_key():
    generation = Generation.of(CARD, VECTORS, "run")
    facts = ModelFacts.of_generation(generation)
    assert str(facts) == "platform/m-3 (service vectors.example, 8 dimensions)"
    assert facts == ModelFacts.of_card(CARD)
    assert "key-4711" not in generation.settings
    local = SERVICE.model_copy(update={"service": None, "dimensions": None})
    assert "service none → vectors.example" in (
        ModelFacts.of_generation(
            generation.model_copy(update={"settings": local.model_dump_json()})
        )
        .differences(facts)
        .values()
    )
