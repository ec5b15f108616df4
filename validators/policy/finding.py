"""Findings of a detector, and how the findings of several detectors are combined."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that breaks the policy; `start` and `end` count code points of the given text.

    `kind` is one of `vouch.validators.policy.KINDS`; `detector` is the id of what was detected,
    such as `email_address`.
    """

    kind: str
    detector: str
    start: int
    end: int


def without_overlaps(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings of one kind in order; of overlapping ones the first, then the longest."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (f.start, -f.end, f.detector)):
        if finding.start < finding.end and (not kept or finding.start >= kept[-1].end):
            kept.append(finding)
    return kept


def windows(
    spans: Iterable[tuple[int, int]], margin: int, length: int
) -> Iterator[tuple[int, int]]:
    """Widen sorted spans by `margin` code points on both sides, and join those that then touch.

    So each place of a text of this length is searched once.
    """
    current: tuple[int, int] | None = None
    for start, end in spans:
        begin, stop = max(0, start - margin), min(length, end + margin)
        if current is not None and begin <= current[1]:
            current = (current[0], max(current[1], stop))
            continue
        if current is not None:
            yield current
        current = (begin, stop)
    if current is not None:
        yield current
