"""What the parameters of a flow ask for: settings, scope and options of its one run."""

from pathlib import Path
from typing import TypeAlias

from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.lifecycle import Options
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.choices import Redo
from vouch.schemas.errors import SettingsError

Asked: TypeAlias = tuple[SettingsFile, Scope, Options]


def ingest_asked(
    config: str,
    allow_mass_delete: bool = False,
    plan: str | None = None,
    max_documents: int | None = None,
    max_tokens: int | None = None,
    wait_s: float = 0.0,
) -> Asked:
    """As `vouch.flows.ingest`."""
    file = read_settings(Path(config)).with_caps(max_documents, max_tokens)
    saved = SavedPlan.read(Path(plan)) if plan else None
    return file, Scope(), Options(allow_mass_delete, wait_s, saved)


def replay_asked(
    config: str,
    sources: list[str] | None,
    path: str | None,
    reasons: list[str] | None,
    wait_s: float,
) -> Asked:
    """As `vouch.flows.replay`."""
    scope = Scope("replay", tuple(sources or ()), path, tuple(reasons or ()), quarantined_only=True)
    return read_settings(Path(config)), scope, Options(wait_s=wait_s)


def reindex_asked(
    config: str,
    sources: list[str] | None,
    golden: str | None,
    switch: bool,
    again: Redo | None,
    wait_s: float,
) -> Asked:
    """As `vouch.flows.reindex`. Raises `SettingsError` for parsing again."""
    if again is Redo.PARSE:
        raise SettingsError("reindex never parses; `vouch backfill --reprocess parse` does")
    queries = Path(golden).read_text("utf-8") if golden else None
    scope = Scope("reindex", tuple(sources or ()), redo=again, from_index=True)
    return (
        read_settings(Path(config)),
        scope,
        Options(wait_s=wait_s, golden=queries, publish=switch),
    )
