"""Adds up Great Expectations' results over parts of the rows, as if they were one part."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

_SHOWN = 20  # values that broke a rule, as a summary of Great Expectations has them


def add_up(
    results: Sequence["ExpectationValidationResult"], expectation: str, arguments: Mapping[str, Any]
) -> "ExpectationValidationResult":
    """Return one result for an expectation with these arguments; the first that raised, if any."""
    raised = [result for result in results if _has_raised(result)]
    if len(results) == 1 or raised:
        return (raised or results)[0]
    total = deepcopy(results[0])
    parts = [result.result for result in results]
    if "observed_value" in parts[0]:
        values = [part["observed_value"] for part in parts if part["observed_value"] is not None]
        if values:
            value = (min if expectation == "ColumnMinToBeBetween" else sum)(values)
            total.result["observed_value"] = value
            total.success = _is_within(value, arguments)
        return total
    elements, unexpected = (
        sum(int(part[key]) for part in parts) for key in ("element_count", "unexpected_count")
    )
    missing = sum(int(part.get("missing_count") or 0) for part in parts)
    present = elements - missing
    mostly = arguments.get("mostly", 1.0)
    total.success = present == 0 or (present - unexpected) / present >= mostly
    share = _percent(unexpected, present)
    total.result |= {
        "element_count": elements,
        "unexpected_count": unexpected,
        "unexpected_percent": share,
    } | _examples(parts)
    if "missing_count" in parts[0]:
        total.result |= {
            "missing_count": missing,
            "missing_percent": _percent(missing, elements),
            "unexpected_percent_total": _percent(unexpected, elements),
            "unexpected_percent_nonmissing": share,
        }
    return total


def _has_raised(result: "ExpectationValidationResult") -> bool:
    info = result.exception_info or {}
    entries = [info] if "raised_exception" in info else info.values()
    return any(isinstance(entry, dict) and entry.get("raised_exception") for entry in entries)


def _examples(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the first values that broke the rule, where they are and how often they are there."""
    values = [value for part in parts for value in part["partial_unexpected_list"]][:_SHOWN]
    places, before = [], 0
    for part in parts:
        places += [before + place for place in part.get("partial_unexpected_index_list") or []]
        before += int(part["element_count"])
    hashable = [tuple(value) if isinstance(value, list) else value for value in values]
    counts = [
        {"value": list(value) if isinstance(value, tuple) else value, "count": count}
        for value, count in Counter(hashable).most_common()
    ]
    return {
        "partial_unexpected_list": values,
        "partial_unexpected_index_list": places[:_SHOWN],
        "partial_unexpected_counts": counts,
    }


def _is_within(value: float, arguments: Mapping[str, Any]) -> bool:
    least, most = arguments.get("min_value"), arguments.get("max_value")
    return (least is None or value >= least) and (most is None or value <= most)


def _percent(part: int, whole: int) -> float | None:
    return part / whole * 100 if whole else None
