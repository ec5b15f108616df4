"""Published states: each one tagged, so that it can be searched, compared and gone back to; the oldest are let go."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lancedb.table import Table
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables
from vouch.schemas.errors import NotFound
from vouch.schemas.settings import IndexSettings

STATE = ("chunks", "documents", "quarantine")
_PREFIX = "run-"
_OTHERS = ("runs", "generations")
_MARGIN = timedelta(seconds=1)


def tag_state(tables: Tables, run_id: str, names: Iterable[str] = STATE) -> str:
    """Name the newest versions of the published tables, or of those named, after the run that made them."""
    tag = f"{_PREFIX}{run_id}"
    for table in (getattr(tables, name) for name in names):
        if tag in _tags(table):
            table.tags.update(tag, table.version)
        else:
            table.tags.create(tag, table.version)
    return tag


def states(tables: Tables) -> list[str]:
    """Runs whose state is kept whole, in the order in which they published it."""
    tags = [_tags(table) for table in _published(tables)]
    kept = set.intersection(
        *({tag for tag in of_table if tag.startswith(_PREFIX)} for of_table in tags)
    )
    order = sorted(kept, key=lambda tag: (sum(of_table[tag]["version"] for of_table in tags), tag))
    return [tag.removeprefix(_PREFIX) for tag in order]


def versions_of(tables: Tables, run_id: str) -> dict[str, int]:
    """The version of each table that a run published. Raises `NotFound` where it is not kept."""
    tag = f"{_PREFIX}{run_id}"
    found = {name: _tags(getattr(tables, name)).get(tag) for name in STATE}
    if not all(found.values()):
        kept = ", ".join(states(tables)[-5:]) or "none"
        raise NotFound(
            f"the state that run {run_id} published is not kept (index.keep_published); the newest that are: {kept}"
        )
    return {name: int(tag["version"]) for name, tag in found.items() if tag}


def at_state(tables: Tables, run_id: str) -> Tables:
    """Fresh handles on the tables as a run published them. Raises `NotFound`."""
    past = Tables.open(tables.folder)
    for name, version in versions_of(tables, run_id).items():
        getattr(past, name).checkout(version)
    return past


def published_state(tables: Tables) -> Tables:
    """Handles on the state of the newest run that published; as they are where none has.

    By the versions in its record, not by its tag: a reader must not stumble over a publisher who lets go of old tags.
    """
    newest = newest_published(tables)
    for name, version in newest.versions.items() if newest else ():
        getattr(tables, name).checkout(version)
    return tables


def retain(tables: Tables, settings: IndexSettings) -> None:
    """Let go of all but the newest published states, tags first: the store cleans nothing that a tag holds."""
    for run_id in states(tables)[: -settings.keep_published]:
        for table in _published(tables):
            table.tags.delete(f"{_PREFIX}{run_id}")
    for table in (*_published(tables), *(getattr(tables, name) for name in _OTHERS)):
        _clean(table, timedelta(hours=settings.keep_readers_h))


def _clean(table: Table, age: timedelta) -> None:
    ages = {version["version"]: _age(version["timestamp"]) for version in table.list_versions()}
    tagged = [ages[tag["version"]] for tag in _tags(table).values() if tag["version"] in ages]
    limit = oldest_kept(list(ages.values()), tagged, age) + _MARGIN
    if any(other > limit for other in ages.values()):
        table.optimize(cleanup_older_than=limit)


def oldest_kept(
    ages: Sequence[timedelta], tagged: Sequence[timedelta], keep: timedelta
) -> timedelta:
    """Of versions of these ages, some of them tagged, the age of the oldest that must stay.

    Tagged ones stay, because the store passes over no tag, and what somebody may have opened within `keep`: that began with
    the version that was the newest then, however old it is.
    """
    return max([keep, *tagged, min((age for age in ages if age >= keep), default=keep)])


def _age(timestamp: datetime) -> timedelta:
    """The store tells local time, without saying so."""
    return datetime.now(UTC) - timestamp.astimezone(UTC)


def _tags(table: Table) -> dict[str, Any]:
    """The store lists the names first and then reads each: one that is let go of in between makes it fail."""
    tries = Retrying(
        retry=retry_if_exception_type(RuntimeError),
        stop=stop_after_attempt(5),
        wait=wait_fixed(0.05),
        reraise=True,
    )
    return dict(tries(table.tags.list))


def _published(tables: Tables) -> list[Table]:
    return [getattr(tables, name) for name in STATE]
