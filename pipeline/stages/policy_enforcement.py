"""The content policy over a shard's chunk rows: flagged, or taken out, and counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from vouch.index.store.row_builders import Row
from vouch.pipeline.stages.aggregation import EXAMPLES, merged
from vouch.pipeline.stages.fetch_and_parse import Work
from vouch.schemas.gate import PolicySettings
from vouch.schemas.records import Reason, Reject, Stage
from vouch.schemas.run import Example, PolicyFinding
from vouch.validators.policy import KINDS, Finding, find
from vouch.validators.rows.mojibake import garbled
from vouch.validators.rows.near_duplicates import signatures
from vouch.validators.rows.redaction import MASK, Redactor, masked, redactor

_EXCERPT = 300
_AROUND = 40
_SENSITIVE = ("personal_data", "secrets")


@dataclass(slots=True)
class _Count:
    count: int = 0
    documents: set[str] = field(default_factory=set)
    examples: list[Example] = field(default_factory=list)


class Findings:
    """What was found, by kind and detector."""

    def __init__(self, policy: PolicySettings) -> None:
        self._policy = policy
        self._counts: dict[tuple[str, str], _Count] = {}

    def add(self, kind: str, what: str, uri: str, message: str, count: int = 1) -> None:
        """Count it; the first few are told."""
        held = self._counts.setdefault((kind, what), _Count())
        held.count += count
        held.documents.add(uri)
        if len(held.examples) < EXAMPLES:
            held.examples.append(Example(uri=uri, message=message))

    def rows(self) -> list[PolicyFinding]:
        return [
            PolicyFinding(
                kind=kind,
                what=what,
                action=getattr(self._policy, kind),
                count=held.count,
                documents=len(held.documents),
                examples=tuple(held.examples),
            )
            for (kind, what), held in sorted(self._counts.items())
        ]


def apply_policy(
    policy: PolicySettings, works: Sequence[Work], made: dict[str, list[Row]]
) -> list[PolicyFinding]:
    """Fill in `flags` and `minhash` of every row, and take out the rows that the policy quarantines."""
    findings = Findings(policy)
    masks = redactor(policy) is not None
    kinds = [kind for kind in KINDS if getattr(policy, kind) not in ("off", "redact")]
    for work in works:
        _count_redacted(work, findings)
        rows = made[work.origin.document_id]
        texts = [row["text"] for row in rows]
        kept = []
        for row, broken, signature in zip(rows, garbled(texts), signatures(texts), strict=True):
            found = find(row["text"], kinds)
            for one in found:
                findings.add(one.kind, one.what, row["uri"], _told(row, one, found))
            row["minhash"] = signature
            row["flags"] = _flags(row, found, broken, masks)
            reject = _reject(policy, row, found)
            if reject:
                work.rejects.append(reject)
            else:
                kept.append(row)
        made[work.origin.document_id] = kept
    return findings.rows()


def _flags(row: Row, found: Sequence[Finding], is_garbled: bool, masks: bool) -> list[str]:
    others = {"garbled": is_garbled, "redacted": masks and MASK in row["text"]}
    return sorted({one.kind for one in found} | {name for name, holds in others.items() if holds})


def _reject(policy: PolicySettings, row: Row, found: Sequence[Finding]) -> Reject | None:
    refused = [one for one in found if getattr(policy, one.kind) == "quarantine"]
    if not refused:
        return None
    what = ", ".join(sorted({f"{one.kind} ({one.what})" for one in refused}))
    excerpt = Redactor(_SENSITIVE).mask(row["text"])[:_EXCERPT]
    message = f"the content policy quarantines {what}: {_told(row, refused[0], found)}"
    return Reject(
        Stage.CHECK, Reason.POLICY, message, (row["char_start"], row["char_end"]), excerpt
    )


def _told(row: Row, one: Finding, found: Iterable[Finding]) -> str:
    """Where, and what stands around it; what may harm somebody when it is shown is masked."""
    alike = [other for other in found if other.kind == one.kind]
    text = masked(row["text"], alike) if one.kind in _SENSITIVE else row["text"]
    around = " ".join(text[max(0, one.start - _AROUND) : one.end + _AROUND].split())
    return f"[{row['char_start'] + one.start}:{row['char_start'] + one.end}] …{around}…"


def _count_redacted(work: Work, findings: Findings) -> None:
    amended: Mapping[str, int] = work.parsed.amended if work.parsed else {}
    for name, count in amended.items():
        kind, what = name.split("/", 1)
        findings.add(kind, what, work.origin.uri, "masked", count)


def merged_findings(findings: Iterable[PolicyFinding]) -> tuple[PolicyFinding, ...]:
    """Those of several shards, one for each kind and detector, most first."""
    found = merged(findings, lambda one: (one.kind, one.what), ("count", "documents"))
    return tuple(sorted(found, key=lambda one: (-one.count, one.kind, one.what)))
