"""What the parameters of a flow ask for: settings, scope and options of its one run."""

from pathlib import Path
from typing import TypeAlias

from flows.begin import Options
from flows.saved_plan import SavedPlan
from flows.scope import Scope
from flows.settings_file import SettingsFile, read_settings
from schemas.choices import Redo
from schemas.errors import SettingsError

Asked: TypeAlias = tuple[SettingsFile, Scope, Options]


def ingest_asked(
    config: str,
    allow_mass_delete: bool = False,
    plan: str | None = None,
    max_documents: int | None = None,
    max_tokens: int | None = None,
    wait_s: float = 0.0,
) -> Asked:
    """As `flows.ingest`."""
    file = read_settings(Path(config)).with_caps(max_documents, max_tokens)
    saved = SavedPlan.read(Path(plan)) if plan else None
    return file, Scope(), Options(allow_mass_delete, wait_s, saved)


def replay_asked(config: str, sources: list[str] | None, path: str | None, reasons: list[str] | None, wait_s: float) -> Asked:
    """As `flows.replay`."""
    scope = Scope("replay", tuple(sources or ()), path, tuple(reasons or ()), quarantined_only=True)
    return read_settings(Path(config)), scope, Options(wait_s=wait_s)


def reindex_asked(
    config: str, sources: list[str] | None, golden: str | None, switch: bool, again: Redo | None, wait_s: float
) -> Asked:
    """As `flows.reindex`. Raises `SettingsError` for parsing again."""
    if again is Redo.PARSE:
        raise SettingsError("reindex never parses; `vouch backfill --reprocess parse` does")
    queries = Path(golden).read_text("utf-8") if golden else None
    scope = Scope("reindex", tuple(sources or ()), redo=again, from_index=True)
    return read_settings(Path(config)), scope, Options(wait_s=wait_s, golden=queries, publish=switch)
