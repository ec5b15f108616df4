"""The model that made the published vectors, which a search by meaning needs."""

from dataclasses import replace
from pathlib import Path

from vouch.embedders.embedder import Embedder
from vouch.embedders.model_card import ModelCard
from vouch.embedders.models import find_model
from vouch.index.publishing.versions import published_state
from vouch.index.store.generations import (
    as_published,
    generation_of,
    model_changes,
    newest,
    recorded_probes,
)
from vouch.index.store.tables import Tables
from vouch.schemas.errors import EmbeddingError, IndexError_
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.storage.location import Location

_INSTEAD = (
    "put it back, or publish vectors of the one in vouch.yaml (`vouch ingest`, then `vouch approve "
    "latest`; or `vouch reindex --switch`); `vouch search --mode text` works meanwhile"
)


def published_embedder(
    tables: Tables,
    fingerprint: str,
    settings: EmbeddingSettings,
    given: ModelCard | None = None,
) -> Embedder:
    """Return the embedder of a published generation; its model is not loaded yet.

    `settings` are those recorded with the generation; `given` is used instead where it is the same
    model of a service, which may have moved.

    Raises:
        EmbeddingError: The model is not where it was.
        IndexError_: There is another model in its place.
    """
    if given is not None and given.is_service and given.fingerprint == fingerprint:
        return Embedder(given)
    try:
        card = as_published(tables, find_model(settings, Path.cwd()))
        embedder = Embedder(card)
        here = generation_of(tables, card, embedder.probe)
    except EmbeddingError as error:
        raise EmbeddingError(
            f"the model that made the index, which vector and hybrid search need, cannot be used "
            f"({error}): {_INSTEAD}"
        ) from error
    if here != fingerprint:
        changes = model_changes(tables, card, fingerprint)
        raise IndexError_(
            f"the index was made with a different {settings.model} ({changes}), which vector and "
            f"hybrid search need: {_INSTEAD}"
        )
    return embedder


def verify(tables: Tables, fingerprint: str, embedder: Embedder) -> None:
    """Raise `ModelChanged` where the model gives other vectors than the published ones.

    A service is not asked now: each request for a query carries a probe text, and raises then.
    """
    expected = recorded_probes(tables, embedder.card, fingerprint)
    if expected is None:
        return
    expected = replace(expected, consequence="Search by words works: `vouch search --mode text`")
    if embedder.card.is_service:
        embedder.expect(expected)
    else:
        expected.check_all(embedder.probes())


def model_problem(place: str | Path | Location) -> str | None:
    """Return why the published index cannot be searched by meaning, and what to do about it.

    None where it can. The model is not loaded.
    """
    tables = published_state(Tables.open(place))
    try:
        published_embedder(tables, *newest(tables))
    except (EmbeddingError, IndexError_) as error:
        return str(error)
    return None
