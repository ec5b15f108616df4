"""Vouch's public Python API: `open` and search an index, `plan` and `ingest` from a program.

Importing it changes nothing in the process that imports it. It finds its own modules as
`vouch.ROOM`, so no module of the program, whatever its name, can take their place.

    import vouch

    vouch.ingest("vouch.yaml")
    for hit in vouch.open("data/index").search("How long is parental leave?", k=3):
        print(hit.citation, hit.text)
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from vouch.index.search.index import Index
    from vouch.pipeline.planning.dry_run import DryRun
    from vouch.schemas.filters import Field
    from vouch.schemas.runs.record import RunRecord
    from vouch.storage.location import Location

__all__ = ["approve", "field", "ingest", "open", "plan"]


def open(
    folder: "str | Path | Location",
    storage_options: "Mapping[str, str] | None" = None,
    run: str | None = None,
) -> "Index":
    """Open the published index in a folder or a bucket, to search it.

    The index shows the newest state that was published, and stays with it until its `refresh`. All
    indexes of a process that are open in the same place share one model. Where an embedding service
    made its vectors, its key is taken from the environment variable that the settings named, or
    VOUCH_EMBEDDING_API_KEY; each search says whether the service has answered: see `words_only` of
    `vouch.index.search.hit.Hits`.

    Args:
        folder: The folder, or a URL such as s3://bucket/index.
        storage_options: Options of the object store, by the names of `storage.options`, such as
            `region` and `access_key_id`; without keys, the environment and the machine's role are
            asked.
        run: A run whose state is still kept, by its id or the beginning of it, to be shown instead
            of the newest.

    Raises:
        IndexError_: There is no index.
        NotFound: The state of `run` is not kept; the error names some that are.
        StorageError: The object store cannot be reached, or refuses to be read.
    """
    from vouch.index.search.index import Index
    from vouch.schemas.process.environment import keep_secrets, names_secret
    from vouch.storage.places import location_of

    options = storage_options or {}
    keep_secrets(value for name, value in options.items() if names_secret(name))
    return Index(location_of(folder, options), run=run)


def field(name: str) -> "Field":
    """Return a column or a key of the metadata, to be compared with a value in a filter.

        (vouch.field("acl").is_in(groups) & (vouch.field("year") >= 2024)) | (
            vouch.field("language") == "en"
        )

    What a value contains never changes what a filter means. The search that gets the filter raises
    `SettingsError` where it knows no such name, or where the value does not fit its type.
    """
    from vouch.schemas.filters import field as named

    return named(name)


def plan(config: str | Path = "vouch.yaml") -> "DryRun":
    """List the sources and return what a run would do, and what it would cost. Changes nothing.

    `config` is the path of the settings. Raises `SettingsError` where they are wrong.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.planning.dry_run import dry_run
    from vouch.schemas.process.offline import offline
    from vouch.secret_store import use_prefect_secrets

    use_prefect_secrets()
    with offline():
        return dry_run(read_settings(Path(config)))


def ingest(
    config: str | Path = "vouch.yaml",
    *,
    allow_mass_delete: bool = False,
    max_documents: int | None = None,
    max_tokens: int | None = None,
    wait_s: float = 0.0,
) -> "RunRecord":
    """Bring the index up to date with its sources, in this process, and return the run's record.

    Args:
        config: The path of the settings.
        allow_mass_delete: Remove documents even beyond `index.max_delete_share`.
        max_documents: Replaces `run.max_documents`.
        max_tokens: Replaces `run.max_tokens`.
        wait_s: How long to wait for another ingest run to end, in seconds.

    Raises:
        RunRejected: The verdict is reject; nothing was published.
        VouchError: The run could not be finished; nothing that readers see has changed.

    Parsing and embedding happen in processes of their own. They do not import the program's main
    module, so a script needs no `if __name__ == "__main__"`. Environment variables that Vouch sets
    are removed at the end. polars and pandera set three when they are imported, which stay:
    `_RJEM_MALLOC_CONF`, `SPARK_LOCAL_IP` and `PYARROW_IGNORE_TIMEZONE`.
    """
    from vouch.pipeline import run_kinds
    from vouch.pipeline.local_runner import run_locally
    from vouch.schemas.process.offline import offline
    from vouch.secret_store import use_prefect_secrets

    use_prefect_secrets()
    with offline():
        return run_kinds.ingest(
            run_locally,
            config,
            allow_mass_delete=allow_mass_delete,
            max_documents=max_documents,
            max_tokens=max_tokens,
            wait_s=wait_s,
        )


def approve(
    config: str | Path = "vouch.yaml",
    *,
    run: str | None = None,
    why: str,
    who: str | None = None,
    checks: "Sequence[str]" = (),
    until: "date | None" = None,
) -> "RunRecord":
    """Agree to failed checks: publish what they rejected, or let them warn for a while.

    Args:
        config: The path of the settings.
        run: A rejected run, or `latest`: what it would have published is published, unless anybody
            has published since. Without a run nothing is.
        why: The reason.
        who: The name of who agrees; by default that of the user of this process.
        checks: The checks that may fail, as `ID`, `ID:SUBJECT` or `ID:SUBJECT@SCOPE`; by default
            all that rejected the run.
        until: Later runs may fail the same checks, and only warn, until this time (in UTC where it
            names no zone) or the end of this date.

    Returns:
        The record of the run that is published now; without a run, that of the approval.

    Raises:
        SettingsError: A check does not exist or cannot be approved, or another one blocks too.
        IndexError_: There is no such run, it is not rejected, or it can no longer be published.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.approval import approve as agree
    from vouch.schemas.process.offline import offline
    from vouch.secret_store import use_prefect_secrets

    use_prefect_secrets()
    with offline():
        return agree(read_settings(Path(config)), run, why, who, checks, until)
