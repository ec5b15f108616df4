"""What the stages of one run share: settings, sources, tables, model, parser processes, and what is being written down."""

import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Embedder
from vouch.embedders.process import EmbeddingProcess, embedding_process
from vouch.index.store.generations import published_probe
from vouch.index.store.publication_columns import Stamp, now
from vouch.index.store.run_log import mark_crashed_runs_failed
from vouch.index.store.staging import Staging, remove_folders
from vouch.index.store.tables import Tables
from vouch.index.store.vector_cache import VectorCache, open_vector_cache
from vouch.pipeline.context.fingerprints import fingerprints
from vouch.pipeline.context.locks import Locks
from vouch.pipeline.context.notifications import ended
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.stage_timer import Clock
from vouch.pipeline.planning.incremental_cursor import newest_held
from vouch.schemas.run import RunRecord
from vouch.schemas.settings import SourceSettings
from vouch.sources.base import Source
from vouch.sources.registry import open_source
from vouch.validators.rows.redaction import redactor
from vouch.workers.sandbox import Sandbox


class Run:
    """One run of the pipeline. Models, tables and processes are opened at first use, and once."""

    def __init__(self, file: SettingsFile, scope: Scope, locks: Locks, fresh: VectorCache) -> None:
        self.file = file
        self.settings = file.settings
        self.scope = scope
        self.locks = locks
        self.fresh = fresh
        self.clock = Clock()
        self.embedding_lock = threading.Lock()
        self._embedding: EmbeddingProcess | None = None
        self.card = ModelCard.find(file.settings.embedding, file.folder)
        self.card.require_room(file.settings.chunking)
        self.fingerprints = fingerprints(file.settings, self.card)
        started = now()
        self.stamp = Stamp(f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", started)
        self.staging = Staging(file.work_folder / "shards", self.card.dimension, kind=scope.kind)
        self.sandbox = Sandbox(
            file.settings.parsing,
            file.settings.chunking,
            self.card.tokenizer,
            redactor(file.settings.policy),
        )
        self.resumed: set[str] = set()
        self.made: set[str] = set()
        self.tokens_spent = 0
        self.data_docs: tuple[dict[str, Any], ...] = ()

    @property
    def run_id(self) -> str:
        return self.stamp.run_id

    @property
    def source_names(self) -> list[str]:
        """Those that the run is about."""
        return [
            source.name
            for source in self.settings.sources
            if not self.scope.sources or source.name in self.scope.sources
        ]

    @cached_property
    def sources(self) -> dict[str, Source]:
        chosen = [source for source in self.settings.sources if source.name in self.source_names]
        return {
            source.name: open_source(source, self.file.folder, self._since(source))
            for source in chosen
        }

    def _since(self, source: SourceSettings) -> str | None:
        """Only a run over all that is new may pass over what the index holds."""
        asked = self.scope.whole_sources and self.scope.redo is None
        return newest_held(source, self.tables, self.fingerprints, self.stamp.at) if asked else None

    @cached_property
    def tables(self) -> Tables:
        return Tables.create(self.file.index_folder, self.card.dimension)

    def start_embedding(self) -> EmbeddingProcess:
        """The process that embeds; it loads the model by itself while documents are read."""
        self._embedding = embedding_process(self.card)
        return self._embedding

    def rest(self, *, embedding: bool) -> None:
        """End the processes that parse, and the one that embeds, until there is work for them again."""
        self.sandbox.rest()
        if embedding and self._embedding is not None:
            self._embedding.rest()

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded when there is something to embed; raises `EmbeddingError` where it gives other vectors than it gave."""
        with self.clock.measure("load model", 1, "models"):
            embedder = Embedder(self.card, self.start_embedding)
            vector = embedder.probe()
        published = published_probe(self.tables, self.card.fingerprint)
        if published is not None:
            embedder.verify(vector, published)
        return embedder

    def begin_record(self) -> RunRecord:
        return RunRecord(
            run_id=self.run_id,
            kind=self.scope.kind,
            started_at=self.stamp.at,
            settings_sha256=self.file.sha256,
            code_version=code_version(),
            embedding_fingerprint=self.card.fingerprint,
            model=f"{self.settings.embedding.model}, {self.settings.embedding.precision}",
            window=str(self.scope) or None,
        )


def candidate_prefix(kind: str) -> str:
    """Of the folders in which runs of this kind build a candidate to be searched."""
    return f"candidate-{kind}-"


@contextmanager
def open_run(file: SettingsFile, scope: Scope, wait_s: float = 0.0) -> Iterator[Run]:
    """A run that is the only one of its kind on its index; its parser processes end with the block."""
    scope.check(file.settings)
    locks = Locks(file.index_folder, file.settings.run.publisher_wait_s)
    with locks.kind(scope.kind, wait_s), open_vector_cache(file.work_folder, scope.kind) as fresh:
        run = Run(file, scope, locks, fresh)
        with locks.publisher():
            for dead in mark_crashed_runs_failed(run.tables, scope.kind):
                ended(file, run.tables, dead)
        run.staging.remove_unfinished()
        remove_folders(file.work_folder.glob(f"{candidate_prefix(scope.kind)}*"))
        with run.sandbox:
            yield run


def code_version() -> str:
    """The version of this code: the package's, and the commit; an image has no git to ask, and is told by VOUCH_VERSION."""
    package = version("vouch-pipeline")
    if told := os.environ.get("VOUCH_VERSION"):
        return f"{package}+{told}"
    root = Path(__file__).parent.parent
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
        commit = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return package
    return f"{package}+{commit}"
