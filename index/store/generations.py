"""Generations: which model made the published vectors, and its vectors for the probe texts.

A generation is known by the model's fingerprint. Until 0.7.0 that knew of weights and tokenizer
only, so a generation of such a version is the model's if it also gives the same probe vector; the
files are then added to its record, and it keeps its fingerprint, so that nothing is embedded again.

A service shows no files: what its probe texts gave when the generation began is recorded before the
first text is embedded, and whoever embeds for this generation compares with that.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.expr import Expr, col, lit
from pydantic import BaseModel

from vouch.embedders.base import Vectors
from vouch.embedders.model_card import ModelCard
from vouch.embedders.probes import ProbeSet, is_reproduced
from vouch.index.store.tables import Tables, dicts, upsert
from vouch.schemas.documents.arrow import GENERATIONS
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings.embedding import EmbeddingSettings

_NAMED = 5  # files of a message
_SINCE_0_12_0 = {"dimensions", "service", "backend"}
_NO_PART_OF_A_MODEL = {"price_per_million_tokens", "currency"}


class Generation(BaseModel):
    """The row of a generation, as the columns of its table say."""

    embedding_fingerprint: str
    settings: str
    dimension: int
    weights_sha256: str
    files: str | None = None
    probe: list[float]
    probes: list[list[float]] | None = None
    run_id: str
    created_at: datetime

    @classmethod
    def of(
        cls, card: ModelCard, probes: Vectors, run_id: str, fingerprint: str | None = None
    ) -> "Generation":
        """Return that of a model; `probes`, shape (texts, dimension), are the vectors of its probe
        texts, `fingerprint` is the one that a lost generation had.
        """
        return cls(
            embedding_fingerprint=fingerprint or card.fingerprint,
            settings=_stored(card.portable_settings()),
            dimension=card.dimension,
            weights_sha256=card.weights_sha256,
            files=json.dumps(card.files),
            probe=probes[0].tolist(),
            probes=probes.tolist() if len(probes) > 1 else None,
            run_id=run_id,
            created_at=datetime.now(UTC),
        )

    @property
    def hashes(self) -> Mapping[str, str]:
        """A hash of each file that decides vectors, by its path; empty until 0.7.0."""
        return json.loads(self.files) if self.files else {}

    def probe_set(self, card: ModelCard) -> ProbeSet:
        """Return what the model of this generation must give for its probe texts."""
        vectors = np.array(self.probes or [self.probe], dtype=np.float32)
        return card.probe_set(vectors, self.created_at)


def _stored(settings: EmbeddingSettings) -> str:
    """Return settings without what decides no vector, and without keys of newer versions that are
    not set: earlier versions, which may read them, refuse those.
    """
    fields = EmbeddingSettings.model_fields
    unset = {name for name in _SINCE_0_12_0 if getattr(settings, name) == fields[name].default}
    return settings.model_dump_json(exclude=_NO_PART_OF_A_MODEL | unset)


def as_published(tables: Tables, card: ModelCard) -> ModelCard:
    """Return the model as the version read it that made the published vectors.

    Until 0.11.0 the prompts of a model's folder were not used. An index from then continues
    without them, so that nothing is embedded again until a person decides it.
    """
    former = card.former
    if former is None or has_chunks(tables, card.fingerprint):
        return card
    names = {former.fingerprint, former.former_fingerprint}
    return former if any(has_chunks(tables, name) for name in names) else card


def generation_of(tables: Tables, card: ModelCard, probe: Callable[[], Vectors]) -> str:
    """Return the fingerprint of the generation that this model's vectors belong to.

    `probe` returns the model's vector of the probe text; it is called, and the model loaded, only
    for a generation whose files are not known.
    """
    former = _row(tables, card.former_fingerprint)
    if former is None or _row(tables, card.fingerprint) is not None:
        return card.fingerprint
    if former.get("files"):
        is_same = json.loads(former["files"]) == card.files
    else:
        is_same = is_reproduced(probe(), np.array(former["probe"], dtype=np.float32))
    return card.former_fingerprint if is_same else card.fingerprint


def adopt(tables: Tables, card: ModelCard, generation: str) -> bool:
    """Add the model's files to the record of its generation; return whether they were missing."""
    row = _row(tables, generation)
    if row is None or row.get("files"):
        return False
    _write(tables, row | {"files": json.dumps(card.files)})
    return True


def model_changes(tables: Tables, card: ModelCard, generation: str) -> str:
    """Return in what the model is another one than that of a generation, for messages.

    Empty where none of its files differs: then the settings do.
    """
    row = _row(tables, generation)
    if row is None:
        return ""
    if not row.get("files"):
        is_other = generation == card.former_fingerprint or row["weights_sha256"] != (
            card.weights_sha256
        )
        return "it gives other vectors" if is_other else ""
    then: Mapping[str, str] = json.loads(row["files"])
    names = sorted(
        name for name in then.keys() | card.files.keys() if then.get(name) != card.files.get(name)
    )
    more = ", …" if len(names) > _NAMED else ""
    return f"changed: {', '.join(names[:_NAMED])}{more}" if names else ""


def is_recorded(tables: Tables, fingerprint: str) -> bool:
    """Return whether a generation has begun: its record may be there before its first chunk."""
    return _row(tables, fingerprint) is not None


def recorded_probes(tables: Tables, card: ModelCard, fingerprint: str) -> ProbeSet | None:
    """Return what the model gave for its probe texts when this generation began; None for a new
    one.
    """
    row = _row(tables, fingerprint)
    return None if row is None else Generation.model_validate(row).probe_set(card)


def begin_generation(
    tables: Tables, card: ModelCard, probes: Vectors, run_id: str, fingerprint: str
) -> ProbeSet:
    """Record a new generation where no other run has done so meanwhile; return the probes that are
    recorded then.
    """
    new = Generation.of(card, probes, run_id, fingerprint)
    insert = tables.generations.merge_insert("embedding_fingerprint").when_not_matched_insert_all()
    # See `upsert` for why without the index.
    insert.use_index(False).execute(_arrow(new.model_dump()))
    tables.generations.checkout_latest()  # type: ignore[no-untyped-call]
    return recorded_probes(tables, card, fingerprint) or new.probe_set(card)


def record_generation(
    tables: Tables, card: ModelCard, probes: Vectors, run_id: str, generation: str | None = None
) -> None:
    """Record the generation of a model: see `Generation.of` and `write_generation`."""
    write_generation(tables, Generation.of(card, probes, run_id, generation))


def write_generation(tables: Tables, generation: Generation) -> None:
    """Record a generation. Must happen before its first vectors are published."""
    _write(tables, generation.model_dump())


def _write(tables: Tables, row: Mapping[str, Any]) -> None:
    upsert(tables.generations, _arrow(row), "embedding_fingerprint")


def _arrow(row: Mapping[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([dict(row)], schema=GENERATIONS)


def _row(tables: Tables, fingerprint: str) -> dict[str, Any] | None:
    rows = dicts(tables.generations, col("embedding_fingerprint") == lit(fingerprint))
    return rows[0] if rows else None


def newest(tables: Tables) -> tuple[str, EmbeddingSettings]:
    """Return the fingerprint and the embedding settings of the newest published generation.

    Raises:
        IndexError_: No chunk has been published yet, or no record says by which model.
    """
    generation = newest_generation(tables)
    if generation is not None:
        settings = EmbeddingSettings.model_validate_json(generation.settings)
        return generation.embedding_fingerprint, settings
    if tables.chunks.count_rows():
        raise IndexError_(
            f"no record says which model made the vectors of the index in {tables.location}; "
            "`vouch doctor --repair` records it again"
        )
    raise IndexError_(
        f"nothing has been published in {tables.location} yet; run `vouch ingest` first"
    )


def newest_generation(tables: Tables) -> Generation | None:
    """Return the newest generation of which chunks are published; None where no record has it."""
    generations = dicts(tables.generations, "true")
    for row in sorted(generations, key=lambda row: row["created_at"], reverse=True):
        # A generation is recorded before its chunks are committed, so the newest row may belong
        # to a run that never published.
        if has_chunks(tables, row["embedding_fingerprint"]):
            return Generation.model_validate(row)
    return None


def has_chunks(tables: Tables, fingerprint: str) -> bool:
    """Return whether any published chunk belongs to this generation."""
    return _any_chunk(tables, col("embedding_fingerprint") == lit(fingerprint))


def is_alone(tables: Tables, fingerprint: str) -> bool:
    """Return whether every published chunk belongs to this generation."""
    return not _any_chunk(tables, col("embedding_fingerprint") != lit(fingerprint))


def _any_chunk(tables: Tables, condition: Expr) -> bool:
    query = tables.chunks.search().where(condition).select(["chunk_id"])
    return bool(query.limit(1).to_arrow().num_rows)
