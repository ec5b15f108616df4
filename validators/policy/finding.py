"""What a detector says of a text, and how what several of them say is brought together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that breaks a policy: `start` and `end` count code points of the text that was given.

    `kind` is one of `vouch.validators.policy.KINDS`; `what` is the detector's own word, such as `email_address`.
    """

    kind: str
    what: str
    start: int
    end: int


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Those of one kind in order, without overlaps: the earlier one stays, and of two at one place the longer."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (one.start, -one.end, one.what)):
        if finding.start < finding.end and (not kept or finding.start >= kept[-1].end):
            kept.append(finding)
    return kept


def windows(
    spans: Iterable[tuple[int, int]], margin: int, length: int
) -> Iterator[tuple[int, int]]:
    """The spans with `margin` code points on both sides, those that touch made one: each place is looked at once."""
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
