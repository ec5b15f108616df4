"""Published states: each is tagged, so that it can be searched, compared and restored.

Old states are deleted: see `retain`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lancedb.table import Table
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from vouch.index.store.lance_files import version_of
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_, NotFound
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.location import Location

STATE = ("chunks", "documents", "quarantine")
_UNTAGGED = ("runs", "generations")
_PREFIX = "run-"
_MARGIN = timedelta(seconds=1)
_SLACK = 0.25  # of the time for readers; many versions are deleted at once instead of a few often


@crossing(Boundary.TAG)
def tag_state(tables: Tables, run_id: str, names: Iterable[str] = STATE) -> str:
    """Tag the newest versions of the named tables with the run that made them.

    Returns:
        The tag, which is the same in each table.
    """
    tag = f"{_PREFIX}{run_id}"
    for name in names:
        table = getattr(tables, name)
        try:
            table.tags.create(tag, table.version)
        except IndexError_:
            # A run that is finished after a crash may have tagged some of its tables already; and
            # the store asks again where an answer is lost, and may meet its own tag.
            if tag not in _tags(table):
                raise
            table.tags.update(tag, table.version)
    return tag


def states(tables: Tables) -> list[str]:
    """Return the ids of runs whose state is kept in every table, in order of publication."""
    return _complete([_tags(table) for table in _state_tables(tables)])


def _complete(tags: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what `states` does, from the tags of each table."""
    # A crash between two tables leaves a tag in the first only: such a state is not complete.
    complete = set.intersection(*(set(of_table) for of_table in tags))
    kept = [tag for tag in complete if tag.startswith(_PREFIX)]
    kept.sort(key=lambda tag: (sum(of_table[tag]["version"] for of_table in tags), tag))
    return [tag.removeprefix(_PREFIX) for tag in kept]


def drop_incomplete_tags(tables: Tables) -> None:
    """Delete the tags of states that are not kept in every table: nothing else would."""
    complete = {f"{_PREFIX}{run_id}" for run_id in states(tables)}
    for table in _state_tables(tables):
        for tag in _tags(table):
            if tag.startswith(_PREFIX) and tag not in complete:
                table.tags.delete(tag)


def versions_of(tables: Tables, run_id: str) -> dict[str, int]:
    """Return the version of each table that a run published.

    Raises:
        NotFound: The run published nothing, or its state is no longer kept.
    """
    tag = f"{_PREFIX}{run_id}"
    tagged = {name: _tags(getattr(tables, name)).get(tag) for name in STATE}
    if not all(tagged.values()):
        kept = ", ".join(states(tables)[-5:]) or "none"
        raise NotFound(
            f"the state that run {run_id} published is not kept (index.keep_published); the newest "
            f"that are: {kept}"
        )
    return {name: int(version["version"]) for name, version in tagged.items() if version}


def at_state(tables: Tables, run_id: str) -> Tables:
    """Return new handles on the tables as a run published them.

    Raises:
        NotFound: The run published nothing, or its state is no longer kept.
    """
    return at_versions(Tables.open(tables.location), versions_of(tables, run_id))


def published_state(tables: Tables) -> Tables:
    """Move the handles to the state of the newest run that published, if any has.

    The versions are those in the run's record. Its tag would do as well, but a publisher that
    deletes old tags at this moment could make reading the tags fail.
    """
    newest = newest_published(tables)
    return at_versions(tables, newest.versions) if newest else tables


def at_versions(tables: Tables, versions: Mapping[str, int]) -> Tables:
    """Move the handles to these versions, by the names of the tables."""
    for name, version in versions.items():
        getattr(tables, name).checkout(version)
    return tables


def find_state(tables: Tables, run: str) -> str:
    """Return the id of the run whose state is kept, by its id or a prefix that only one has.

    Raises `NotFound`, which names some that are kept.
    """
    matching = [identity for identity in states(tables) if run and identity.startswith(run)]
    if len(matching) != 1:
        versions_of(tables, run)
    return matching[0]


def is_readable(tables: Tables) -> bool:
    """Return whether the versions that readers of these handles see are still there."""
    for name in ("chunks", "documents"):
        folder = tables.location / f"{name}.lance" / "_versions"
        if getattr(tables, name).version not in {version_of(each.path) for each in folder.files()}:
            return False
    return True


@crossing(Boundary.RETAIN)
def retain(tables: Tables, settings: IndexSettings) -> None:
    """Delete all published states except the newest `index.keep_published`.

    Tags are deleted first, because the store refuses to delete old versions while one of them has
    a tag. Versions that a reader may have opened within `index.keep_readers_h` stay.
    """
    # Each tag is two requests on an object store, so all are read once.
    tags = {name: _tags(getattr(tables, name)) for name in STATE}
    for run_id in _complete([*tags.values()])[: -settings.keep_published]:
        tag = f"{_PREFIX}{run_id}"
        for name, of_table in tags.items():
            getattr(tables, name).tags.delete(tag)
            del of_table[tag]
    keep = timedelta(hours=settings.keep_readers_h)
    for name in (*STATE, *_UNTAGGED):
        tagged = [tag["version"] for tag in tags.get(name, {}).values()]
        if _seem_due(tables.location / f"{name}.lance", tagged, keep):
            _delete_versions(getattr(tables, name), keep)


def _seem_due(table: Location, tagged: Collection[int], keep: timedelta) -> bool:
    """Return whether a table seems to have enough versions that may be deleted.

    By one list of its files: the store reads each version to say how old it is, one after another.
    In a copy of an index files seem younger than their versions, which then stay for longer.
    """
    now = datetime.now(UTC)
    ages = {version_of(file.path): now - file.modified for file in (table / "_versions").files()}
    in_use = [ages[version] for version in tagged if version in ages]
    limit = oldest_kept(list(ages.values()), in_use, keep) + _MARGIN + keep * _SLACK
    return any(age > limit for age in ages.values())


def _delete_versions(table: Table, keep: timedelta) -> None:
    # The store gives naive timestamps in local time, which `astimezone` assumes.
    now = datetime.now(UTC)
    ages = {
        version["version"]: now - version["timestamp"].astimezone(UTC)
        for version in table.list_versions()
    }
    tagged = [ages[tag["version"]] for tag in _tags(table).values() if tag["version"] in ages]
    limit = oldest_kept(list(ages.values()), tagged, keep) + _MARGIN
    if any(age > limit for age in ages.values()):
        table.optimize(cleanup_older_than=limit)


def oldest_kept(
    ages: Sequence[timedelta], tagged: Sequence[timedelta], keep: timedelta
) -> timedelta:
    """Return the age of the oldest version that must stay.

    Tagged versions must stay, because the store fails at a tagged version that is due. So must
    every version that a reader may have opened within `keep`: the oldest of these is the one that
    was the newest at the beginning of that time, however old it is.

    Args:
        ages: Ages of all versions of a table.
        tagged: Ages of those that have a tag.
        keep: How long a reader may stay at the version that it opened.
    """
    return max([keep, *tagged, min((age for age in ages if age >= keep), default=keep)])


def _tags(table: Table) -> dict[str, Any]:
    """Return the tags by name.

    The store lists the names and then reads each tag, and fails at one that was deleted between
    the two, so this tries again.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(IndexError_),
        stop=stop_after_attempt(5),
        wait=wait_fixed(0.05),
        reraise=True,
    )
    return dict(attempts(table.tags.list))


def _state_tables(tables: Tables) -> list[Table]:
    return [getattr(tables, name) for name in STATE]
