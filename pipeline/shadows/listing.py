"""Lists the shadows of an index: those of the settings, and those that only the index has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from vouch.index.shadows.shadow import Shadow, ShadowState, difference, shadow_names
from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.shadows.update import KIND
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.retrieval import MetricChange

_RUNS = 50  # of which the newest has the scores


@dataclass(frozen=True, slots=True)
class ShadowRow:
    """A shadow, for people and programs.

    Attributes:
        name: Its name.
        state: `not made`, `made in part`, `up to date`, or how far behind it is.
        in_settings: Whether vouch.yaml names it, so that runs keep it up to date.
        model: Its model.
        behind: Documents in which it differs from what is published.
        documents: Its documents.
        chunks: Its chunks.
        bytes: What its files take.
        updated_at: When it was brought up to date.
        spending: What embedding for it has cost.
        scores: Means of the golden queries when it was compared last: published, and as candidate
            the shadow's.
    """

    name: str
    state: str
    in_settings: bool
    model: str = ""
    behind: int = 0
    documents: int = 0
    chunks: int = 0
    bytes: int = 0
    updated_at: datetime | None = None
    spending: Spending = field(default_factory=Spending)
    scores: tuple[MetricChange, ...] = ()


def list_shadows(file: SettingsFile) -> list[ShadowRow]:
    """Return all shadows, by name. Raises `IndexError_` where there is no index."""
    tables = Tables.open(file.index_location)
    names = sorted({*file.settings.shadows, *shadow_names(file.index_location)})
    scores = dict(_scores(tables)) if names else {}
    return [_row(file, tables, name, scores.get(name, ())) for name in names]


def _row(
    file: SettingsFile, tables: Tables, name: str, scores: tuple[MetricChange, ...]
) -> ShadowRow:
    shadow, in_settings = Shadow.of(file.index_location, name), name in file.settings.shadows
    state = shadow.state()
    if state is None:
        part = "left by a switch that was cut short" if shadow.bytes() else "not made"
        return ShadowRow(name, part, in_settings, bytes=shadow.bytes())
    own = shadow.tables(state)
    differs = difference(tables, own, state.embedding_fingerprint, state.chunk_fingerprint)
    return ShadowRow(
        name=name,
        state=_words(state, differs.count),
        in_settings=in_settings,
        model=state.model,
        behind=differs.count,
        documents=own.documents.count_rows(),
        chunks=own.chunks.count_rows(),
        bytes=shadow.bytes(),
        updated_at=state.updated_at,
        spending=state.spending,
        scores=scores,
    )


def _words(state: ShadowState, behind: int) -> str:
    if not state.complete:
        return "made in part"
    return f"{behind:,} documents behind" if behind else "up to date"


def _scores(tables: Tables) -> Iterator[tuple[str, tuple[MetricChange, ...]]]:
    """Yield the newest scores of each shadow, the oldest run first."""
    for record in reversed(list_runs(tables, _RUNS)):
        for figures in record.shadows:
            if figures.retrieval is not None:
                yield figures.name, figures.retrieval.changes


def remove_shadow(file: SettingsFile, name: str, wait_s: float = 0.0) -> int:
    """Remove a shadow's data; return how many bytes that frees. Raises `NotFound` without any."""
    with locks_of(file).kind(KIND, wait_s):
        if name not in shadow_names(file.index_location):
            raise NotFound(f"there are no data of a shadow {name!r}; `vouch shadows` lists them")
        return Shadow.of(file.index_location, name).remove()
