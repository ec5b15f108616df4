"""Opens what a run would publish, to look at it before anybody decides.

It is published into a private copy of the tables by the code that publishes it for readers, so that
it is searched as it will be. Nothing that readers or other runs see changes, and no lock is held.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vouch.index.publishing.private_copy import copy_privately
from vouch.index.publishing.publish import publish, staging_of
from vouch.index.search.index import Index
from vouch.index.search.shared_models import models_shared
from vouch.index.store.generations import is_recorded, write_generation
from vouch.index.store.run_log import (
    Intent,
    in_order,
    read_run,
    read_runs,
    run_ids_with_status,
    write_run,
)
from vouch.index.store.tables import Tables
from vouch.pipeline.context.index_model import open_index, service_model
from vouch.pipeline.context.scratch import roomy_base, scratch_folder
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.staged_candidate import candidate_of
from vouch.schemas.errors import NotFound
from vouch.schemas.process.storage_errors import storage_explained
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.storage.places import location_of

CANDIDATES = (Status.REJECTED, Status.STAGED)


@contextmanager
def open_candidate(file: SettingsFile, run: str) -> Iterator[Index]:
    """Open what a run would publish, to be searched until the block ends.

    Args:
        file: The settings.
        run: A run that is rejected or staged, by its id or a unique prefix, or `latest` for the
            newest of these; or one that has published, for the state that it published.

    Raises:
        NotFound: There is no such run, or what it made is no longer kept.
        IndexError_: Another run has published since.
    """
    tables = Tables.open(file.index_location)
    record = find_run(tables, run)
    if record.status is Status.PUBLISHED:
        with Index(file.index_location, service_model(file), run=record.run_id) as index:
            yield index
        return
    intent = candidate_of(tables, record, file.settings, "look at that run's candidate")
    base = roomy_base(file.work_location)
    with scratch_folder(base) as folder:
        with storage_explained({"the work folder": base}):
            _publish_privately(tables, record, intent, file.settings, folder)
        copy = location_of(folder)
        with (
            models_shared(copy, file.index_location),
            Index(copy, service_model(file)) as index,
        ):
            yield index


@contextmanager
def open_state(file: SettingsFile, run: str | None) -> Iterator[Index]:
    """Open what is published, or as `open_candidate` what a run would publish or has published."""
    with open_candidate(file, run) if run else open_index(file) as index:
        yield index


def find_run(tables: Tables, run: str) -> RunRecord:
    """Return the run that `open_candidate` means by this name. Raises `NotFound`."""
    if run == "latest":
        ids = {key for status in CANDIDATES for key in run_ids_with_status(tables, status)}
        if not ids:
            raise NotFound(
                "no run was rejected or staged, so there is no candidate; see `vouch runs`"
            )
        return in_order(tables, read_runs(tables, list(ids)))[-1]
    record = read_run(tables, run)
    if record.status in (*CANDIDATES, Status.PUBLISHED):
        return record
    hint = {
        Status.RUNNING: "it has a candidate once it has ended",
        Status.PUBLISHING: "it is published in a moment, or by the next run",
        Status.UNCHANGED: "it made nothing that could be published",
    }.get(record.status, "it made no candidate")
    raise NotFound(f"run {record.run_id} is {record.status}; {hint}, and `vouch runs` lists runs")


def _publish_privately(
    tables: Tables, record: RunRecord, intent: Intent, settings: Settings, folder: Path
) -> None:
    copy = copy_privately(tables, folder)
    # A run that publishes at this moment is none of the copy's.
    copy.runs.delete(f"status = '{Status.PUBLISHING}'")
    if intent.generation and not is_recorded(copy, intent.generation.embedding_fingerprint):
        write_generation(copy, intent.generation)
    record = record.model_copy(update={"status": Status.RUNNING})
    write_run(copy, record)
    publish(copy, staging_of(intent, settings), intent, record, settings)
