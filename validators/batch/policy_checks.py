"""The content policy's checks of the verdict."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome, PolicyFinding, Severity
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.concerned import first_examples
from vouch.validators.row_parts import Rows, collect, count
from vouch.validators.rows.near_duplicates import near_duplicates, repeated_over_documents

OWNER = "content policy"
_SHOWN = 3
_DONE = {
    "note": "noted",
    "flag": "flagged",
    "redact": "masked",
    "quarantine": "in quarantine",
    "block": "not to be published",
}
"""What was done with the findings, by the policy's action."""


def policy_checks(findings: Iterable[PolicyFinding]) -> list[Check]:
    """Return a check for each kind of finding: a warning, or a reject for the action `block`."""
    by_kind: dict[str, list[PolicyFinding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    return [_policy_check(kind, group) for kind, group in sorted(by_kind.items())]


def _policy_check(kind: str, findings: list[PolicyFinding]) -> Check:
    action = findings[0].action
    detectors = ", ".join(f"{finding.what} {finding.count:,}" for finding in findings[:_SHOWN])
    examples = first_examples(example for finding in findings for example in finding.examples)
    uris = [example.uri for example in examples]
    # Noted, masked and quarantined text is where the policy puts it. Flagged text is published,
    # and somebody should look at it.
    passed = action in ("note", "redact", "quarantine")
    return Check(
        id=CheckId(f"policy_{kind}"),
        name=f"policy: {kind.replace('_', ' ')}",
        scope="run",
        owner=OWNER,
        severity=Severity.REJECT if action == "block" else Severity.WARN,
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        figure=sum(finding.count for finding in findings),
        threshold=0,
        message=f"{_DONE[action]}: {detectors}, in documents such as {', '.join(uris)}",
        concerned=None if passed or len(findings) > 1 else findings[0].documents,
        examples=() if passed else examples,
    )


def duplicate_checks(
    documents: Rows, chunks: Rows, policy: PolicySettings, folder: Path | None = None
) -> list[Check]:
    """Check exact and near duplicates over documents, and boilerplate, of the whole candidate.

    `folder` is for temporary files.
    """
    checks = []
    if policy.exact_duplicates != "off":
        checks.append(_exact_duplicates(documents, chunks, policy))
    if policy.near_duplicates != "off":
        checks.append(_near_duplicates(documents, chunks, policy, folder))
    if policy.boilerplate != "off":
        checks.append(_boilerplate(chunks, policy))
    return checks


def _exact_duplicates(documents: Rows, chunks: Rows, policy: PolicySettings) -> Check:
    """Check texts that are in more than one document, but in fewer than boilerplate is."""
    repeated = repeated_over_documents(chunks, 2).filter(
        pl.col("documents") < policy.boilerplate_documents
    )
    extra = int((repeated["chunks"] - 1).sum())
    first = ""
    if repeated.height:
        first = f", such as one in {_uri(documents, repeated['document_id'][0])}"
    message = f"{repeated.height:,} texts are in several documents{first}"
    return _share("exact_duplicates", "exact duplicate share", extra, chunks, message, policy)


def _near_duplicates(
    documents: Rows, chunks: Rows, policy: PolicySettings, folder: Path | None
) -> Check:
    pairs = near_duplicates(chunks, policy.near_duplicate_similarity, folder)
    similar = pairs["right"].n_unique()
    first = ""
    if pairs.height:
        left, right = (
            _uri(documents, _owner(chunks, pairs[side][0])) for side in ("left", "right")
        )
        first = f", such as in {left} and {right} ({pairs['similarity'][0]:.2f})"
    message = f"{similar:,} chunks are similar to a chunk of another document{first}"
    return _share("near_duplicates", "near duplicate share", similar, chunks, message, policy)


def _boilerplate(chunks: Rows, policy: PolicySettings) -> Check:
    repeated = repeated_over_documents(chunks, policy.boilerplate_documents)
    part = int(repeated["chunks"].sum())
    first = f", the most frequent in {repeated['documents'][0]:,}" if repeated.height else ""
    message = (
        f"{repeated.height:,} texts are in {policy.boilerplate_documents} documents or more{first}"
    )
    return _share("boilerplate", "boilerplate share", part, chunks, message, policy)


def _share(
    setting: str, name: str, part: int, chunks: Rows, message: str, policy: PolicySettings
) -> Check:
    whole = count(chunks)
    share = part / whole if whole else 0.0
    blocks = getattr(policy, setting) == "block"
    return Check(
        id=CheckId(f"policy_{setting}"),
        name=f"policy: {name}",
        scope="chunks",
        owner=OWNER,
        severity=Severity.REJECT if blocks else Severity.WARN,
        outcome=Outcome.FAILED if share > policy.max_duplicate_share else Outcome.PASSED,
        figure=round(share, 4),
        threshold=policy.max_duplicate_share,
        message=f"{share:.1%} of {whole:,} chunks: {message}",
    )


def _owner(chunks: Rows, row: int) -> str:
    """Return the id of the document of the chunk in this row."""
    return str(chunks.lazy().select("document_id").slice(row, 1).collect().item())


def _uri(documents: Rows, document_id: str) -> str:
    named = documents.lazy().filter(pl.col("document_id") == document_id).select("uri")
    uris = collect(named)["uri"]
    return str(uris[-1]) if len(uris) else document_id
