"""What a gate finds in a candidate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vouch.schemas.runs.record import Check


@dataclass(frozen=True, slots=True)
class GateResult:
    """Checks for the verdict, and what the run's record keeps.

    `fields` are fields of `vouch.schemas.runs.record.RunRecord`; `metrics` belong to the run's
    point of the series; `data_docs` are results as
    `vouch.validators.batch.expectations.SuiteResult` has them.
    """

    checks: tuple[Check, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    data_docs: tuple[dict[str, Any], ...] = ()

    @classmethod
    def concat(cls, results: Iterable["GateResult"]) -> "GateResult":
        """Return the results of several gates as one."""
        results = list(results)
        return cls(
            checks=tuple(check for result in results for check in result.checks),
            fields={name: value for result in results for name, value in result.fields.items()},
            metrics={name: value for result in results for name, value in result.metrics.items()},
            data_docs=tuple(suite for result in results for suite in result.data_docs),
        )
