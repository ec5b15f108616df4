"""What a worker does: it opens what a run works with once, and processes shards of the run by it.

Settings travel with their `${NAME}` references, which are filled in from the worker's own
environment. The tables are read at the versions that the run has planned on. A worker that has
other code, or another model, refuses the shard: it would stage something else under its name.
"""

import hashlib
import os
import pickle
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

from vouch.embedders.model_card import ModelCard
from vouch.embedders.models import find_model
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables
from vouch.index.store.vector_cache import VectorCache, open_vector_cache
from vouch.pipeline.context.budget import TokenMeter
from vouch.pipeline.context.scratch import scratch_folder
from vouch.pipeline.context.stage_timer import StageTimer
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.process_shard import process_shard
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.errors import ClusterError, EmbeddingError, VouchError
from vouch.schemas.process.environment import keep_secrets
from vouch.schemas.process.offline import go_offline
from vouch.schemas.process.storage_errors import storage_explained

_ROOMS = (
    "schemas", "storage", "sources", "parsers", "validators", "embedders", "chunkers", "workers",
    "index", "pipeline",
)  # fmt: skip
_IDLE_S = 600.0  # after which a worker gives back what it has, also the model


@dataclass(frozen=True, slots=True)
class ClusterJob:
    """A shard as it is sent to a worker; `versions` are those of the published tables, `model` is
    the fingerprint of the embedding model's files, `workers` how many process the run's shards now.
    """

    run_id: str
    job: ShardJob
    versions: Mapping[str, int]
    model: str
    workers: int = 1

    @property
    def of_run(self) -> tuple[str, tuple[tuple[str, int], ...]]:
        """What all jobs have in common that are done by the same state of a worker."""
        return self.run_id, tuple(sorted(self.versions.items()))


class _WorkerStaging(Staging):
    """Notes in a shard's marker what it cost, for the run whose record says what all cost."""

    workspace: "_WorkerWorkspace"

    def write(self, name: str, tables: Mapping[str, pa.Table], summary: ShardSummary) -> None:
        cost = {
            "tokens": self.workspace.shard_tokens,
            "costs": list(self.workspace.timer.costs()),
        }
        super().write(name, tables, summary.model_copy(update=cost))


class _WorkerWorkspace(Workspace):
    """The open resources of one run on a worker: what was planned on, not what is newest."""

    def __init__(self, job: ClusterJob, vectors: VectorCache, scratch: Path) -> None:
        self._job = job
        super().__init__(job.job.request, vectors, scratch, job.run_id)
        # How many tokens a run may embed is for the run to watch; what it may cost, also for this
        # worker.
        self.tokens = TokenMeter(job.job.request.settings, self.ledger, job.run_id, None)
        self.begin_shard()

    def _model_card(self) -> ModelCard:
        file = self._job.job.request.file
        return find_model(file.settings.embedding, file.folder).known_as(self._job.model)

    def begin_shard(self) -> None:
        """Count costs from here on."""
        self.timer = StageTimer()
        self._spent_before = self.tokens.spent

    @property
    def shard_tokens(self) -> int:
        """The tokens that were embedded for this shard."""
        return self.tokens.spent - self._spent_before

    @cached_property
    def fingerprints(self) -> Fingerprints:
        return self._job.job.fingerprints

    @cached_property
    def tables(self) -> Tables:
        tables = Tables.open(self._job.job.request.file.index_location)
        for name, number in self._job.versions.items():
            getattr(tables, name).checkout(number)
        return tables

    @cached_property
    def staging(self) -> Staging:
        request = self._job.job.request
        place = request.file.work_location / "shards"
        staging = _WorkerStaging(place, self.card.dimension, kind=request.scope.kind)
        staging.workspace = self
        return staging


class _RunState:
    """What a worker keeps between the shards of one run."""

    def __init__(self, job: ClusterJob) -> None:
        request = job.job.request
        keep_secrets(request.settings.literal_secrets())
        self.of_run = job.of_run
        self._opened = ExitStack()
        with ExitStack() as opened:
            scratch = opened.enter_context(scratch_folder())
            vectors = opened.enter_context(open_vector_cache(scratch, request.scope.kind))
            self.workspace = _opened(job, vectors, scratch)
            opened.enter_context(self.workspace.sandbox)
            self._opened = opened.pop_all()
        self.folders = {"the worker's temporary folder": scratch}
        if request.file.work_location.is_local:
            self.folders["the work folder"] = request.file.work_location.local_path

    def close(self) -> None:
        """End the processes that parse, and remove what is in the temporary folder.

        The model stays, which takes seconds to load: the next window of a backfill is another run.
        """
        self._opened.close()


_state: _RunState | None = None
_loaded: Workspace | None = None  # the last one whose model may be loaded
_busy = threading.Lock()  # one shard at a time: there is one state, and memory for one
_idle: threading.Timer | None = None


def process_on_worker(code: str, pickled: bytes) -> str | Exception:
    """Stage a shard and return its name; or the error, so that Dask does not raise it again and
    again: the run decides which errors are worth another attempt.

    `pickled` is a `ClusterJob`, read only where the run has the same `code` as this worker.
    """
    go_offline()
    try:
        _refuse_other_code(code)
        job: ClusterJob = pickle.loads(pickled)
        with _busy:
            return _process(job)
    except (VouchError, ConnectionError, TimeoutError) as error:
        return error.with_traceback(None)


def end_run(run_id: str) -> None:
    """Give back what this worker has open for a run. A shard in progress is finished."""
    if _busy.acquire(blocking=False):
        try:
            if _state is not None and _state.of_run[0] == run_id:
                _close_state()
        finally:
            _busy.release()


def _give_back() -> None:
    """Give back all, after a time without shards."""
    if _busy.acquire(blocking=False):
        try:
            _close_state()
            _stop_model()
        finally:
            _busy.release()


def _process(job: ClusterJob) -> str:
    global _idle
    if _idle is not None:
        _idle.cancel()
    name = job.job.shard.name
    try:
        state = _state_for(job)
        workspace = state.workspace
        # Another attempt may have finished it while this one waited for its turn.
        if not workspace.staging.has(name):
            workspace.begin_shard()
            workspace.start_processes()
            workspace.share_limits(job.workers)
            with storage_explained(state.folders), workspace.paid_vectors.kept_by_failure():
                process_shard(job.job, workspace)
    finally:
        _idle = threading.Timer(_IDLE_S, _give_back)
        _idle.daemon = True
        _idle.start()
    return name


def _state_for(job: ClusterJob) -> _RunState:
    """Return what the job's run works with here; what another run had open is given back."""
    global _state, _loaded
    if _state is None or _state.of_run != job.of_run:
        _close_state()
        state = _RunState(job)
        if _loaded is not None and _key(_loaded.card) != _key(state.workspace.card):
            _stop_model()
        _state, _loaded = state, state.workspace
    return _state


def _key(card: ModelCard) -> tuple[ModelCard, str]:
    """Return what an embedding process is known by: files may change in their folder."""
    return card, card.fingerprint


def _close_state() -> None:
    global _state
    state, _state = _state, None
    if state is not None:
        state.close()


def _stop_model() -> None:
    global _loaded
    workspace, _loaded = _loaded, None
    if workspace is not None:
        workspace.stop_embedding()


def _refuse_other_code(code: str) -> None:
    own = code_fingerprint()
    if code and code != own:
        raise ClusterError(
            f"the worker on {socket.gethostname()} has another version of Vouch ({own}) than this "
            f"run ({code}); install the same one on all machines and restart the workers"
        )


def _opened(job: ClusterJob, vectors: VectorCache, scratch: Path) -> _WorkerWorkspace:
    """Return a workspace for the job's run. Raises `ClusterError` for another model than the run's,
    or none.
    """
    host = socket.gethostname()
    try:
        workspace = _WorkerWorkspace(job, vectors, scratch)
        is_same = workspace.card.fingerprint == job.model
    except EmbeddingError as error:
        raise ClusterError(f"the worker on {host} cannot use the model: {error}") from None
    if not is_same:
        raise ClusterError(
            f"the model {workspace.card.name} of the worker on {host} is not the one of this "
            "run, its files differ; copy the same model to all machines"
        )
    return workspace


@cache
def code_fingerprint() -> str:
    """Return Vouch's version and a hash of its code: of all that decides what a shard contains.

    VOUCH_VERSION, where an image states it, takes the place of the hash.
    """
    package = version("vouch-pipeline")
    if declared := os.environ.get("VOUCH_VERSION"):
        return f"{package}, {declared}"
    digest = hashlib.sha256()
    for room in _ROOMS:
        spec = find_spec(f"vouch.{room}")
        folders = spec.submodule_search_locations if spec else None
        for folder in folders or ():
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(f"{room}/{file.relative_to(folder)}\0".encode())
                digest.update(file.read_bytes())
    return f"{package}, code {digest.hexdigest()[:12]}"
