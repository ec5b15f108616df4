"""All documents behind a failed check of a run, of which its record has the first few."""

from vouch.index.store.run_log import read_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.record import Check, Example, RunRecord


def documents_of_check(file: SettingsFile, run: str, reference: str) -> list[Example]:
    """Return every document or query behind a failed check; the most telling come first.

    `run` is a run's id or `latest`; `reference` is `Check.reference`, of which `@SCOPE` may be left
    out where it is clear.

    Raises:
        NotFound: There is no such run, no such failed check, or its rows are no longer kept.
    """
    record = read_run(Tables.open(file.index_location), run)
    return list(failed_check(record, reference).examples)


def failed_check(record: RunRecord, reference: str) -> Check:
    """Return the failed check that a reference names. Raises `NotFound`."""
    failed = {check.reference: check for check in record.failed_checks}
    matching = [
        check
        for name, check in failed.items()
        if reference in (name, check.qualified_id) or str(check.id) == reference
    ]
    if len(matching) == 1:
        return matching[0]
    named = ", ".join(name for name in failed) or "none"
    problem = "several failed checks" if matching else "no failed check"
    raise NotFound(
        f"run {record.run_id} has {problem} {reference!r}; its failed checks are: {named}"
    )
