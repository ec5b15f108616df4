"""The canary: asks whether the model of the published vectors is still the same, and nothing else.

Only probe texts are embedded. Where a service has changed its model overnight, people read it
before the first run of the day stops.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from vouch.embedders.base import RequestMeter
from vouch.embedders.embedder import Embedder
from vouch.embedders.models import find_model
from vouch.index.publishing.versions import published_state
from vouch.index.search.published_model import published_embedder
from vouch.index.store.generations import generation_of, newest, recorded_probes
from vouch.index.store.publication_columns import now
from vouch.index.store.tables import Tables
from vouch.pipeline.context.budget import TokenMeter
from vouch.pipeline.context.index_model import model_in
from vouch.pipeline.context.notifications import notify_started_and_finished
from vouch.pipeline.context.request_meter import ServiceMeter
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.pipeline.operations.operation_record import locks_of, new_record, write_final_record
from vouch.schemas.errors import (
    EmbeddingError,
    IndexError_,
    failure,
    failure_kind,
    note_recorded,
)
from vouch.schemas.runs.record import RunRecord, Status

_log = logging.getLogger("vouch")
_CONSEQUENCE = "A run stops before it embeds anything with it"


def ask_canary(file: SettingsFile, show: Callable[[RunRecord], None] = lambda _: None) -> RunRecord:
    """Compare what the published model, and that of the settings, give for their probe texts with
    what they gave when their generations began; return the record, a run of kind `canary`.

    `show` is given the record before that, also where this raises. It may ask while a run is in
    progress; where that publishes for so long that the record cannot be written, the result is
    reported all the same.

    Raises:
        ModelChanged: A model gives other vectors.
        EmbeddingError: A model is gone, or its service does not answer.
        IndexError_: Nothing is published yet, or another model is in the place of the published
            one.
    """
    tables = published_state(Tables.open(file.index_location))
    fingerprint, _ = newest(tables)
    record = new_record(file, "canary", "the embedding model")
    ledger = SpendingLedger(file.work_location)
    meter = ServiceMeter(TokenMeter(file.settings, ledger, record.run_id, None))
    cosines: dict[str, float] = {}
    error: EmbeddingError | IndexError_ | None = None
    try:
        for name, generation, embedder in _models(file, tables, fingerprint):
            _compare(tables, generation, embedder, meter, name, cosines)
    except (EmbeddingError, IndexError_) as raised:
        error = raised
    spending = ledger.of_run(record.run_id)
    record = record.model_copy(
        update={
            "status": Status.FAILED if error else Status.UNCHANGED,
            "error": failure(error) if error else None,
            "error_kind": failure_kind(error) if error else "",
            "embedding_fingerprint": fingerprint,
            "model": file.settings.embedding.model,
            "canary": cosines,
            "tokens_embedded": spending.tokens,
            "spending": spending,
        }
    )
    record = _recorded(file, record)
    show(record)
    if error:
        note_recorded(error)
        raise error
    return record


def _models(
    file: SettingsFile, tables: Tables, published: str
) -> Iterator[tuple[str, str, Embedder]]:
    """Yield the models to ask, each with what it is and its generation: the published one, and that
    of the settings where it is another one.
    """
    own = model_in(tables, find_model(file.settings.embedding, file.folder))
    embedder = Embedder(own)
    generation = generation_of(tables, own, embedder.probe)
    if generation == published:
        yield "published", published, embedder
        return
    _, settings = newest(tables)
    yield "published", published, published_embedder(tables, published, settings, own)
    yield "settings", generation, embedder


def _compare(
    tables: Tables,
    generation: str,
    embedder: Embedder,
    meter: RequestMeter,
    name: str,
    cosines: dict[str, float],
) -> None:
    """Ask a model, and note its least cosine. One whose generation has not begun has only to
    answer. Raises `ModelChanged`.
    """
    vectors = embedder.ask_probes(embedder.card.probe_texts, meter)
    expected = recorded_probes(tables, embedder.card, generation)
    if expected is not None:
        cosines[name] = round(min(expected.cosines(vectors)), 6)
        replace(expected, consequence=_CONSEQUENCE).check_all(vectors)


def _recorded(file: SettingsFile, record: RunRecord) -> RunRecord:
    """Write the record and notify; where another run publishes, notify only."""
    tables = Tables.open(file.index_location)
    try:
        with locks_of(file).publisher():
            return write_final_record(file, tables, record)
    except IndexError_ as error:
        _log.warning("canary %s: its record is not kept: %s", record.run_id, error)
        record = record.model_copy(update={"ended_at": now()})
        notify_started_and_finished(file, tables, record)
        return record
