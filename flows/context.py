"""What the stages of one run share: settings, sources, tables, model, parser processes, and what is being written down."""

import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from embedders.fingerprint import ModelCard
from embedders.model import Embedder
from flows.clock import Clock
from flows.settings_file import SettingsFile
from index.generations import published_probe
from index.held import held_quarantine
from index.rows import Stamp, now
from index.staging import Staging
from index.tables import Tables
from parsers.chunker import chunk_fingerprint
from parsers.sandbox import Sandbox
from schemas.errors import IndexError_
from schemas.records import Fingerprints
from schemas.run import RunRecord
from sources.base import Source
from sources.registry import open_source


class Run:
    """One run of the pipeline. Models, tables and processes are opened at first use, and once."""

    def __init__(self, file: SettingsFile) -> None:
        self.file = file
        self.settings = file.settings
        self.clock = Clock()
        self.embedding_lock = threading.Lock()
        self.card = ModelCard.find(file.settings.embedding, file.folder)
        self.card.require_room(file.settings.chunking.max_tokens)
        started = now()
        self.run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.stamp = Stamp(self.run_id, started, self.fingerprints)
        self.sandbox = Sandbox(file.settings.parsing, file.settings.chunking, self.card.tokenizer)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        return Fingerprints(
            chunk=chunk_fingerprint(self.settings.chunking, self.card.tokenizer), embedding=self.card.fingerprint
        )

    @cached_property
    def sources(self) -> dict[str, Source]:
        return {source.name: open_source(source, self.file.folder) for source in self.settings.sources}

    @cached_property
    def tables(self) -> Tables:
        return Tables.create(self.file.index_folder, self.card.dimension)

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded when there is something to embed; raises `EmbeddingError` where it gives other vectors than it gave."""
        with self.clock.measure("load model", 1, "models"):
            embedder = Embedder(self.card)
            vector = embedder.probe()
        published = published_probe(self.tables, self.card.fingerprint)
        if published is not None:
            embedder.verify(vector, published)
        return embedder

    @cached_property
    def staging(self) -> Staging:
        return Staging(self.file.work_folder / self.run_id, self.card.dimension)

    @cached_property
    def earlier_rejects(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The quarantine as the index holds it, by document and stage."""
        return {(row["document_id"], row["stage"]): row for row in held_quarantine(self.tables).iter_rows(named=True)}

    def due_retries(self) -> set[str]:
        """Quarantined documents whose next try is due."""
        at = self.stamp.at
        return {key[0] for key, row in self.earlier_rejects.items() if row["next_retry_at"] and row["next_retry_at"] <= at}

    def begin_record(self) -> RunRecord:
        return RunRecord(
            run_id=self.run_id,
            started_at=self.stamp.at,
            settings_sha256=self.file.sha256,
            code_version=code_version(),
            embedding_fingerprint=self.card.fingerprint,
            model=f"{self.settings.embedding.model}, {self.settings.embedding.precision}",
        )


@dataclass(frozen=True, slots=True)
class _Lock:
    folder: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / "publisher.lock", timeout=0):
                yield
        except Timeout as error:
            raise IndexError_(
                f"another run is at work on the index in {self.folder}; wait for it to end (`vouch runs`), then run again"
            ) from error


@contextmanager
def open_run(file: SettingsFile) -> Iterator[Run]:
    """A run that alone may write to its index; its parser processes end with the block."""
    run = Run(file)
    with _Lock(file.index_folder).held(), run.sandbox:
        yield run


def code_version() -> str:
    """The version of this code: the package's, and the commit where it runs from a checkout."""
    package = version("vouch-pipeline")
    root = Path(__file__).parent.parent
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
        commit = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return package
    return f"{package}+{commit}"
