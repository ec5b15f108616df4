"""The content policy's part of the verdict."""

from collections.abc import Iterable

import polars as pl

from vouch.schemas.gate import PolicySettings
from vouch.schemas.run import Check, Outcome, PolicyFinding, Severity
from vouch.validators.rows.near_duplicates import near_duplicates, repeated_over_documents

OWNER = "content policy"
_SHOWN = 3


def policy_checks(findings: Iterable[PolicyFinding]) -> list[Check]:
    """One for each kind that was found: it warns, or rejects where the policy says `block`."""
    kinds: dict[str, list[PolicyFinding]] = {}
    for one in findings:
        kinds.setdefault(one.kind, []).append(one)
    return [_check(kind, found) for kind, found in sorted(kinds.items())]


def _check(kind: str, found: list[PolicyFinding]) -> Check:
    action = found[0].action
    told = ", ".join(f"{one.what} {one.count:,}" for one in found[:_SHOWN])
    uris = sorted({example.uri for one in found for example in one.examples})
    done = {
        "note": "noted",
        "flag": "flagged",
        "redact": "masked",
        "quarantine": "in quarantine",
        "block": "not to be published",
    }[action]
    # What is noted, masked or in quarantine is as it is meant to be; what is flagged is published, and somebody should look.
    settled = action in ("note", "redact", "quarantine")
    return Check(
        name=f"policy: {kind.replace('_', ' ')}",
        scope="run",
        owner=OWNER,
        severity=Severity.REJECT if action == "block" else Severity.WARN,
        outcome=Outcome.PASSED if settled else Outcome.FAILED,
        figure=sum(one.count for one in found),
        threshold=0,
        message=f"{done}: {told}, in documents such as {', '.join(uris[:_SHOWN])}",
    )


def duplicate_checks(
    documents: pl.DataFrame, chunks: pl.DataFrame, policy: PolicySettings
) -> list[Check]:
    """Exact and near duplicates over documents, and boilerplate, of the candidate as a whole."""
    uris = dict(documents.select("document_id", "uri").iter_rows())
    made = []
    if policy.exact_duplicates != "off":
        made.append(_exact(chunks, uris, policy))
    if policy.near_duplicates != "off":
        made.append(_near(chunks, uris, policy))
    if policy.boilerplate != "off":
        made.append(_boilerplate(chunks, uris, policy))
    return made


def _exact(chunks: pl.DataFrame, uris: dict[str, str], policy: PolicySettings) -> Check:
    """Texts that stand in more than one document, in fewer than boilerplate does."""
    found = repeated_over_documents(chunks, 2).filter(
        pl.col("documents") < policy.boilerplate_documents
    )
    extra = int((found["chunks"] - 1).sum())
    first = f", such as one in {_uri(found['document_id'][0], uris)}" if found.height else ""
    return _share(
        "exact duplicates",
        extra,
        chunks.height,
        f"{found.height:,} texts stand in several documents{first}",
        policy,
    )


def _near(chunks: pl.DataFrame, uris: dict[str, str], policy: PolicySettings) -> Check:
    pairs = near_duplicates(chunks, policy.near_duplicate_similarity)
    alike = pairs["right"].n_unique()
    first = ""
    if pairs.height:
        left, right = (chunks["document_id"][pairs[side][0]] for side in ("left", "right"))
        first = f", such as in {_uri(left, uris)} and {_uri(right, uris)} ({pairs['similarity'][0]:.2f})"
    told = f"{alike:,} chunks are like one of another document{first}"
    return _share("near duplicates", alike, chunks.height, told, policy)


def _boilerplate(chunks: pl.DataFrame, uris: dict[str, str], policy: PolicySettings) -> Check:
    found = repeated_over_documents(chunks, policy.boilerplate_documents)
    count = int(found["chunks"].sum())
    first = f", the most frequent in {found['documents'][0]:,}" if found.height else ""
    told = (
        f"{found.height:,} texts stand in {policy.boilerplate_documents} documents or more{first}"
    )
    return _share("boilerplate", count, chunks.height, told, policy)


def _share(name: str, count: int, whole: int, told: str, policy: PolicySettings) -> Check:
    share = count / whole if whole else 0.0
    blocks = getattr(policy, name.replace(" ", "_")) == "block"
    return Check(
        name=f"policy: share of {name}",
        scope="chunks",
        owner=OWNER,
        severity=Severity.REJECT if blocks else Severity.WARN,
        outcome=Outcome.FAILED if share > policy.max_duplicate_share else Outcome.PASSED,
        figure=round(share, 4),
        threshold=policy.max_duplicate_share,
        message=f"{share:.1%} of {whole:,} chunks: {told}",
    )


def _uri(document: str, uris: dict[str, str]) -> str:
    return uris.get(document, document)
