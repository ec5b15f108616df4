"""What drift compares: the index and each source, before a run and after, and what it brings."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from vouch.index.publishing.states import Candidate, State
from vouch.validators.quarantine import IN_QUARANTINE
from vouch.validators.row_parts import values_of

ALL_SOURCES = "all"
"""The name of the scope over all sources."""


@dataclass(frozen=True, slots=True)
class DriftScope:
    """A source, or all of them: published, as it would be, and what the run brings."""

    name: str
    before: State
    after: State
    arrivals: State


def drift_scopes(candidate: Candidate, configured: Collection[str]) -> list[DriftScope]:
    """Return the scope of the whole index, then one for each source; an only source is the whole.

    A source that is no longer configured is not compared with its former state: it is meant to be
    removed, and the plan limits how much may be.
    """
    before, arrivals = candidate.before, _without_old_rejects(candidate)
    names = sorted(values_of(before.documents, "source") | values_of(candidate.documents, "source"))
    if len(names) == 1:
        return [DriftScope(names[0], before, candidate, arrivals)]
    parts = [
        DriftScope(name, before.of(name), candidate.of(name), arrivals.of(name))
        for name in names
        if name in configured
    ]
    return [DriftScope(ALL_SOURCES, before, candidate, arrivals), *parts]


def _without_old_rejects(candidate: Candidate) -> State:
    """Return what the run brings, without documents that were in quarantine before and still are:
    a run tries some of them again, and they are nothing new.
    """
    documents = candidate.arrivals.documents.lazy()
    rejected = candidate.before.documents.lazy().filter(IN_QUARANTINE).select("document_id")
    new = documents.filter(IN_QUARANTINE).join(rejected, on="document_id", how="anti")
    return State(pl.concat([documents.filter(~IN_QUARANTINE), new]), candidate.arrivals.chunks)
