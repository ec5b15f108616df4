"""What the stages of a run work with: sources, tables, parser processes, the model. Opened at first
use, and once.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import TypeAlias

from vouch.embedders.base import Vectors
from vouch.embedders.captions.captioner import Captioner
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.process import EmbeddingProcess, embedding_process
from vouch.embedders.model_card import ModelCard
from vouch.embedders.probes import ProbeSet
from vouch.index.shadows.shadow import shadows_of_generation
from vouch.index.store.caption_cache import StoredCaptions
from vouch.index.store.generations import begin_generation, generation_of, recorded_probes
from vouch.index.store.lookups import indexed_vectors
from vouch.index.store.paid_vectors import PaidVectors
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.index.store.vector_cache import VectorCache
from vouch.pipeline.context.budget import TokenMeter
from vouch.pipeline.context.fingerprints import fingerprints
from vouch.pipeline.context.index_model import index_model
from vouch.pipeline.context.request_meter import ServiceMeter
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.pipeline.context.stage_timer import StageTimer
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.process.private_folder import make_private_folder
from vouch.schemas.settings.sources import SourceSettings
from vouch.sources.base import Source
from vouch.sources.registry import open_source
from vouch.validators.rows.redaction import redactor
from vouch.workers.sandbox import Sandbox

_log = logging.getLogger("vouch")

CursorStart: TypeAlias = Callable[[SourceSettings, Tables, Fingerprints], str | None]
"""Returns from where on a table with a cursor is listed; None for the whole of it."""


def attached_prefix(kind: str) -> str:
    """Return how the folders begin in which runs of this kind keep attachments for a while."""
    return f"attached-{kind}-"


class Workspace:
    """The open resources of one run; used from several threads."""

    def __init__(
        self,
        request: RunRequest,
        new_vectors: VectorCache,
        scratch: Path,
        run_id: str,
        cursor_start: CursorStart | None = None,
    ) -> None:
        """`scratch` is a folder of this machine for what ends with the run `run_id`."""
        settings, file = request.settings, request.file
        self._request, self._run_id = request, run_id
        self._cursor_start = cursor_start
        self.card = self._model_card()
        self.card.check_token_limit(settings.chunking)
        self.timer = StageTimer()
        self.ledger = SpendingLedger(file.work_location)
        self.tokens = TokenMeter(settings, self.ledger, run_id, settings.run.max_tokens)
        self.new_vectors = new_vectors
        self.paid_vectors = PaidVectors(file.work_location, request.scope.kind, new_vectors)
        self.refused: dict[str, str] = {}
        """What an embedding service said of texts that it refuses, by the texts' hashes."""
        self.model = ""
        """The model and what runs it, once it is loaded, for the run's record."""
        self.shard_names: tuple[str, ...] = ()
        """Of the run's shards, as far as they are known: for its record, should it fail."""
        self.embedding_lock = threading.Lock()
        self.scratch = scratch
        self._temporary = scratch / f"{attached_prefix(request.scope.kind)}{token_hex(4)}"
        self.sandbox = Sandbox(
            settings.parsing,
            settings.chunking,
            self.card.tokenizer,
            redactor(settings.policy),
            self._temporary,
            keeps_pictures=settings.captions is not None,
        )

    def _model_card(self) -> ModelCard:
        return index_model(self._request.file)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        generation = generation_of(self.tables, self.card, lambda: self._model.probe())
        return fingerprints(self._request.settings, self.card, generation)

    @cached_property
    def tables(self) -> Tables:
        location = self._request.file.index_location
        return Tables.create(location, self.card.dimension, self._request.settings.index.vectors)

    def stored_vectors(self, embedded_sha256: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that the index has of these texts in the run's generation, or a shadow
        of it, by the texts' hashes.
        """
        vectors: dict[str, Vectors] = {}
        for tables in (self.tables, *self.shadows):
            missing = [text for text in embedded_sha256 if text not in vectors]
            vectors |= indexed_vectors(tables, self.fingerprints.embedding, missing)
        return vectors

    @cached_property
    def shadows(self) -> list[Tables]:
        """The tables of those shadows that have vectors of the run's generation."""
        request = self._request
        if not (request.settings.shadows or request.scope.from_index):
            return []  # to look for them takes a request on an object store
        return shadows_of_generation(request.file.index_location, self.fingerprints.embedding)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources in scope, by name."""
        names = self._request.source_names
        chosen = [source for source in self._request.settings.sources if source.name in names]
        folder = self._request.file.folder
        attempts = self._request.settings.run.max_attempts
        starts = {
            source.name: self._cursor_start(source, self.tables, self.fingerprints)
            if self._cursor_start
            else None
            for source in chosen
        }
        return {
            source.name: open_source(source, folder, starts[source.name], attempts)
            for source in chosen
        }

    @cached_property
    def staging(self) -> Staging:
        """Where shards are written; of no run's shards yet."""
        place = self._request.file.work_location / "shards"
        return Staging(place, self.card.dimension, kind=self._request.scope.kind)

    @cached_property
    def captioner(self) -> Captioner:
        """Describes figures. Only where the settings name a service for that."""
        captions = self._request.settings.captions
        assert captions is not None
        return Captioner(captions, StoredCaptions(self._request.file.work_location))

    @cached_property
    def caption_tokens(self) -> TokenMeter:
        """Counts what descriptions cost, at their own price, to the same caps."""
        settings = self._request.settings
        price = settings.captions.price_per_million_tokens if settings.captions else None
        embedding = settings.embedding.model_copy(update={"price_per_million_tokens": price})
        priced = settings.model_copy(update={"embedding": embedding})
        return TokenMeter(priced, self.ledger, self._run_id, None)

    @property
    def meter(self) -> ServiceMeter:
        """A new meter of a service's requests for probe texts or golden queries."""
        return ServiceMeter(self.tokens)

    @cached_property
    def embedding_process(self) -> EmbeddingProcess:
        """Loads the model by itself while documents are read."""
        return embedding_process(self.card)

    @cached_property
    def embedder(self) -> Embedder:
        """Raise `ModelChanged` where the model gives other vectors than it gave for what is
        published.
        """
        # Verified before anything is embedded: vectors of a model that has changed under its name
        # would be mixed with those of the published generation.
        embedder, expected = self._model, self._expected_probes
        if expected is not None:
            unspent = "Nothing was embedded with it, and nothing was published"
            replace(expected, consequence=unspent).check_all(embedder.probes(self.meter))
            embedder.expect(expected)
        return embedder

    @cached_property
    def _expected_probes(self) -> ProbeSet | None:
        """What the model must give for its probe texts; None for a new one on this machine."""
        generation = self.fingerprints.embedding
        recorded = recorded_probes(self.tables, self.card, generation)
        if recorded is not None or not self.card.is_service:
            return recorded
        # Recorded before the first text: shards that are staged, by this run and those after it,
        # are of one model because each has been compared with the same record.
        # The vectors of a shadow are of the model that its own record describes.
        of_shadows = (recorded_probes(tables, self.card, generation) for tables in self.shadows)
        kept = next((probes for probes in of_shadows if probes is not None), None)
        probes = self._model.probes(self.meter) if kept is None else kept.vectors
        return begin_generation(self.tables, self.card, probes, self._run_id, generation)

    def begin_generation(self) -> None:
        """Record what a service's new model gives for its probe texts, for the workers of a
        cluster, which only read the tables.
        """
        if self.card.is_service:
            _ = self._expected_probes

    def confirm_model(self) -> None:
        """Raise `ModelChanged` where a service has begun to give other vectors, so that those since
        the last time are not to be kept. A model on this machine cannot change while it is loaded.
        """
        if self.card.is_service and self._expected_probes is not None:
            now = self.embedder.ask_probes(self.card.probe_texts, self.meter)
            self._expected_probes.check_all(now)

    @cached_property
    def _model(self) -> Embedder:
        if self.card.is_service:
            return Embedder(self.card)
        embedder = Embedder(self.card, lambda: self.embedding_process)
        with self.timer.measure("load model", 1, "models"):
            embedder.probe()
            self.model = f"{self.card.name} by {embedder.about}"
        _log.info("embedding with %s", self.model)
        return embedder

    def temporary_folder(self) -> TemporaryDirectory[str]:
        """Return a folder that is removed at the end of its context, or by the run's end."""
        make_private_folder(self._temporary)
        return TemporaryDirectory(dir=self._temporary)

    def start_processes(self) -> None:
        """Start the processes that embed and parse, while other work is done before them."""
        if not self.card.is_service:
            _ = self.embedding_process
        self.sandbox.warm_up()

    def free_processes(self, *, embedding: bool) -> None:
        """End the processes that parse, and the one that embeds, until there is work for them
        again.
        """
        self.sandbox.stop_workers()
        # Asking for the property would start the process that is to end.
        if embedding and "embedding_process" in self.__dict__:
            self.embedding_process.stop_if_idle()

    def stop_embedding(self) -> None:
        """Stop the process or the requests that embed, also where somebody waits for vectors."""
        if "embedding_process" in self.__dict__:
            self.embedding_process.stop()
        if self.card.is_service and "_model" in self.__dict__:
            self._model.stop()
        if "captioner" in self.__dict__:
            self.captioner.close()

    def share_limits(self, workers: int) -> None:
        """Keep to an equal part of a service's limits: so many processes work for the run."""
        if self.card.is_service:
            self._model.share_limits(workers)
