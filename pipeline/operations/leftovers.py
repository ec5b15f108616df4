"""What crashed runs have left: staged shards, temporary folders, candidates, small objects."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from vouch.index.publishing.candidate import left_candidates, remove_candidates
from vouch.index.store.run_log import list_runs, unfinished
from vouch.index.store.staging import Staging, remove_folders
from vouch.index.store.tables import Tables
from vouch.index.store.vector_cache import cache_prefix
from vouch.pipeline.context.run_context import candidate_prefix
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.workspace import attached_prefix
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.planning.dry_run import DryRun
from vouch.pipeline.planning.sharding import cut_shards
from vouch.schemas.runs.record import Status

KINDS = ("ingest", "backfill", "replay", "reindex", "repair", "maintain", "shadow")
_RUNS = 200  # runs
_KEEP_SHARDS = (Status.FAILED, Status.REJECTED, Status.STAGED)
# What is written for a moment: before a file is renamed, to ask whether a bucket can be written, or
# what its clock says.
_MOMENTARY = re.compile(r"(leases/)?(\..+\.[0-9a-f]{8}\.tmp|\.(clock|writable|probe)-[0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What no run uses: neither one in progress, nor the next one, nor one that keeps its shards to
    be published. No run may be in progress.

    Attributes:
        staged: Files of shards, below the folder of shards, by shard or attempt.
        folders: Folders of this machine.
        candidates: Branches of the table of chunks.
        momentary: Files in the index's folder, by path.
        leases: Leases of processes that have died. Nothing removes them: the next run takes them
            over, and a repair too.
    """

    staged: dict[str, list[str]]
    folders: tuple[Path, ...]
    candidates: tuple[str, ...]
    momentary: tuple[str, ...]
    leases: tuple[str, ...]

    @classmethod
    def find(cls, file: SettingsFile, tables: Tables, preview: DryRun) -> "Leftovers":
        """Find them; `preview` is what the next run would do."""
        staging = _staging(file, tables, _used_shards(file, tables, preview))
        work = file.work_location
        names = work.folders() if work.is_local else []  # else the temporary folder of a process
        prefixes = [
            prefix(kind)
            for kind in KINDS
            for prefix in (attached_prefix, candidate_prefix, cache_prefix)
        ]
        return cls(
            staging.abandoned(),
            tuple(work.local_path / name for name in names if name.startswith(tuple(prefixes))),
            tuple(
                name for kind in KINDS for name in left_candidates(tables, candidate_prefix(kind))
            ),
            tuple(
                stored.path
                for stored in file.index_location.files()
                if _MOMENTARY.fullmatch(stored.path)
            ),
            tuple(locks_of(file).left(KINDS)),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What there is, in words."""
        folders = (folder.name for folder in self.folders)
        candidates = (f"branch {name}" for name in self.candidates)
        return (*sorted(self.staged), *folders, *candidates, *self.momentary, *self.leases)

    def remove(self, file: SettingsFile, tables: Tables) -> None:
        """Remove everything but leases. The caller must hold all locks."""
        shards = _staging(file, tables, ()).root
        shards.delete_files(path for paths in self.staged.values() for path in paths)
        remove_folders(self.folders)
        if self.candidates:
            for kind in KINDS:
                remove_candidates(tables, candidate_prefix(kind))
        file.index_location.delete_files(self.momentary)


def _staging(file: SettingsFile, tables: Tables, names: Iterable[str]) -> Staging:
    return Staging(file.work_location / "shards", tables.dimension, names)


def _used_shards(file: SettingsFile, tables: Tables, preview: DryRun) -> Collection[str]:
    plan, run = preview.plan, file.settings.run
    used = {shard.name for shard in cut_shards(plan, preview.fingerprints, run, None, "")}
    used |= {name for entry in unfinished(tables) for name in entry.intent.shards}
    newest = {
        record.kind: record
        for record in reversed(list_runs(tables, _RUNS))
        if record.status is not Status.RUNNING
    }
    return used | {
        name
        for record in newest.values()
        if record.status in _KEEP_SHARDS
        for name in record.staged
    }
