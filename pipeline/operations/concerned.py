"""All documents behind a failed check of a run, of which its record has the first few.

They are looked up where they still are: those of a rejected run in its staged shards, those of a
published run in the state of the index that it published.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import polars as pl

from vouch.index.publishing.states import candidate, published_candidate
from vouch.index.publishing.versions import at_state
from vouch.index.store.run_log import intent_of, published_before, read_run
from vouch.index.store.sampling import published_sample, staged_sample
from vouch.index.store.tables import Tables, frame, is_in
from vouch.pipeline.audit.evidence import Evidence, documents_behind
from vouch.pipeline.context.scratch import scratch_folder
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.staged_candidate import staged_candidate
from vouch.schemas.errors import IndexError_, NotFound
from vouch.schemas.runs.record import Check, Example, RunRecord, Status
from vouch.validators.concerned import listed


def documents_of_check(file: SettingsFile, run: str, reference: str) -> list[Example]:
    """Return every document or query behind a failed check; the most telling come first.

    `run` is a run's id or `latest`; `reference` is `Check.reference`, of which `@SCOPE` may be left
    out where it is clear.

    Raises:
        NotFound: There is no such run, no such failed check, or its rows are no longer kept.
    """
    tables = Tables.open(file.index_location)
    record = read_run(tables, run)
    check = failed_check(record, reference)
    # Of golden queries the check has all that the record keeps: those that count most.
    if check.concerned == len(check.examples) or check.owner == "golden queries":
        return list(check.examples)
    with _audited(file, tables, record) as evidence:
        behind = documents_behind(check, evidence)
        if behind is None:
            raise NotFound(
                f"{check.reference} of run {record.run_id} is not about single documents, or the "
                f"settings no longer have its rule; the run's report is {record.report}"
            )
        return list(listed(behind))


def failed_check(record: RunRecord, reference: str) -> Check:
    """Return the failed check that a reference names. Raises `NotFound`."""
    matching = [check for check in record.failed_checks if reference in check.names]
    if len(matching) == 1:
        return matching[0]
    named = ", ".join(check.reference for check in record.failed_checks) or "none"
    problem = "several failed checks" if matching else "no failed check"
    raise NotFound(
        f"run {record.run_id} has {problem} {reference!r}; its failed checks are: {named}"
    )


@contextmanager
def _audited(file: SettingsFile, tables: Tables, record: RunRecord) -> Iterator[Evidence]:
    """Yield what a run has audited, as far as it is still there."""
    with scratch_folder() as folder:
        if record.status is Status.PUBLISHED:
            yield _of_published(file, tables, record, folder)
        else:
            yield _of_rejected(file, tables, record, folder)


def _of_published(file: SettingsFile, tables: Tables, record: RunRecord, folder: Path) -> Evidence:
    earlier = [before.run_id for before in published_before(tables, record.run_id, 1)]
    after = at_state(tables, record.run_id)
    before = at_state(tables, earlier[0]) if earlier else None

    def rejects() -> pl.DataFrame:
        columns, run = ("document_id", "message"), is_in("run_id", [record.run_id])
        return frame(after.quarantine, columns, run)

    return Evidence(
        settings=file.settings,
        candidate=published_candidate(before, after, record.run_id, folder),
        embedding_fingerprint=record.embedding_fingerprint,
        drift=record.drift,
        rejects=rejects,
        published_texts=partial(published_sample, before or after),
        arrived_texts=partial(published_sample, after),
    )


def _of_rejected(file: SettingsFile, tables: Tables, record: RunRecord, folder: Path) -> Evidence:
    again = f"run `vouch {record.kind}` again, and list them then"
    intent = intent_of(tables, record.run_id)
    if intent is None:
        raise NotFound(
            f"run {record.run_id} is {record.status} and kept nothing of what it would have "
            f"published; {again}"
        )
    staging = staged_candidate(intent, file.settings, record.run_id, again)
    before = Tables.open(file.index_location)
    try:
        for name, version in intent.versions.items():
            getattr(before, name).checkout(version)
    except IndexError_ as error:
        raise NotFound(
            f"the state that run {record.run_id} was compared with is no longer kept "
            f"(index.keep_published); {again}"
        ) from error
    audited = candidate(
        before, staging, intent.replaced, intent.removed, set(intent.settled), folder
    )
    return Evidence(
        settings=file.settings,
        candidate=audited,
        embedding_fingerprint=record.embedding_fingerprint,
        drift=record.drift,
        rejects=lambda: staging.frame("quarantine", ("document_id", "message")),
        published_texts=partial(published_sample, before),
        arrived_texts=partial(staged_sample, staging),
    )
