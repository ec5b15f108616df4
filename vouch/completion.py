"""What a shell offers at the Tab key besides commands and options: runs, sources, checks."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import typer

from vouch.schemas.errors import VouchError

if TYPE_CHECKING:
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import SettingsFile

_RUNS = 30
Offered: TypeAlias = list[tuple[str, str]]
"""Values with a word about each."""


def _silent(offer: Callable[[typer.Context, str], Offered]) -> Callable[..., Offered]:
    """Offer nothing where the settings or the index are wrong: the command itself says how."""

    @wraps(offer)
    def offer_or_nothing(context: typer.Context, incomplete: str) -> Offered:
        try:
            return offer(context, incomplete)
        except (VouchError, OSError):
            return []

    return offer_or_nothing


@_silent
def run_ids(context: typer.Context, incomplete: str) -> Offered:
    """Return the newest runs, with their kind and status."""
    from vouch.index.store.run_log import list_runs

    return [
        (record.run_id, f"{record.kind}, {record.status}")
        for record in list_runs(_tables(context), _RUNS)
        if record.run_id.startswith(incomplete)
    ]


@_silent
def source_names(context: typer.Context, incomplete: str) -> Offered:
    """Return the sources of the settings, with their places."""
    sources = _settings(context).settings.sources
    return [(each.name, each.place) for each in sources if each.name.startswith(incomplete)]


@_silent
def shadow_names(context: typer.Context, incomplete: str) -> Offered:
    """Return the shadows of the settings, with their models."""
    shadows = _settings(context).settings.shadows
    return [
        (name, shadow.embedding.model if shadow.embedding else "")
        for name, shadow in shadows.items()
        if name.startswith(incomplete)
    ]


@_silent
def failed_checks(context: typer.Context, incomplete: str) -> Offered:
    """Return the checks that did not pass in the run that is named, or in the newest."""
    from vouch.index.store.run_log import read_run

    record = read_run(_tables(context), context.params.get("run") or "latest")
    return [
        (check.reference, check.name)
        for check in record.failed_checks
        if check.reference.startswith(incomplete)
    ]


def _settings(context: typer.Context) -> "SettingsFile":
    from vouch.pipeline.context.settings_loader import read_settings

    return read_settings(Path(context.find_root().params.get("config") or "vouch.yaml"))


def _tables(context: typer.Context) -> "Tables":
    from vouch.index.store.tables import Tables

    return Tables.open(_settings(context).index_location)
