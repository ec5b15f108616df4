"""The content policy's checks of the verdict."""

from collections.abc import Iterable

import polars as pl

from vouch.schemas.check_ids import CheckId
from vouch.schemas.gate import PolicySettings
from vouch.schemas.run import Check, Outcome, PolicyFinding, Severity
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
    uris = sorted({example.uri for finding in findings for example in finding.examples})
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
        message=f"{_DONE[action]}: {detectors}, in documents such as {', '.join(uris[:_SHOWN])}",
    )


def duplicate_checks(
    documents: pl.DataFrame, chunks: pl.DataFrame, policy: PolicySettings
) -> list[Check]:
    """Check exact and near duplicates over documents, and boilerplate, of the whole candidate."""
    uris = dict(documents.select("document_id", "uri").iter_rows())
    checks = []
    if policy.exact_duplicates != "off":
        checks.append(_exact_duplicates(chunks, uris, policy))
    if policy.near_duplicates != "off":
        checks.append(_near_duplicates(chunks, uris, policy))
    if policy.boilerplate != "off":
        checks.append(_boilerplate(chunks, policy))
    return checks


def _exact_duplicates(chunks: pl.DataFrame, uris: dict[str, str], policy: PolicySettings) -> Check:
    """Check texts that are in more than one document, but in fewer than boilerplate is."""
    repeated = repeated_over_documents(chunks, 2).filter(
        pl.col("documents") < policy.boilerplate_documents
    )
    extra = int((repeated["chunks"] - 1).sum())
    first = f", such as one in {_uri(repeated['document_id'][0], uris)}" if repeated.height else ""
    message = f"{repeated.height:,} texts are in several documents{first}"
    return _share("exact_duplicates", "exact duplicate share", extra, chunks, message, policy)


def _near_duplicates(chunks: pl.DataFrame, uris: dict[str, str], policy: PolicySettings) -> Check:
    pairs = near_duplicates(chunks, policy.near_duplicate_similarity)
    similar = pairs["right"].n_unique()
    first = ""
    if pairs.height:
        left, right = (
            _uri(chunks["document_id"][pairs[side][0]], uris) for side in pairs.columns[:2]
        )
        first = f", such as in {left} and {right} ({pairs['similarity'][0]:.2f})"
    message = f"{similar:,} chunks are similar to a chunk of another document{first}"
    return _share("near_duplicates", "near duplicate share", similar, chunks, message, policy)


def _boilerplate(chunks: pl.DataFrame, policy: PolicySettings) -> Check:
    repeated = repeated_over_documents(chunks, policy.boilerplate_documents)
    count = int(repeated["chunks"].sum())
    first = f", the most frequent in {repeated['documents'][0]:,}" if repeated.height else ""
    message = (
        f"{repeated.height:,} texts are in {policy.boilerplate_documents} documents or more{first}"
    )
    return _share("boilerplate", "boilerplate share", count, chunks, message, policy)


def _share(
    setting: str, name: str, count: int, chunks: pl.DataFrame, message: str, policy: PolicySettings
) -> Check:
    share = count / chunks.height if chunks.height else 0.0
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
        message=f"{share:.1%} of {chunks.height:,} chunks: {message}",
    )


def _uri(document_id: str, uris: dict[str, str]) -> str:
    return uris.get(document_id, document_id)
