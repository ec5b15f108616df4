"""The content policy on chunk rows: what is flagged, rejected, counted and never shown."""

from dataclasses import replace

from tests.pipeline.stages.built_documents import FINGERPRINTS, SECTIONS, document, texts
from vouch.index.store.row_builders import chunk_rows
from vouch.pipeline.stages.policy_enforcement import apply_policy, merge_findings
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Reason, Stage
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.rows.redaction import MASK

KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
WITH_KEY = f"The token of the deployment is {KEY} for now."
MAIL = "maria.schmidt@kontor-hansen.de"
WITH_MAIL = f"Write to {MAIL} before Friday about the contract."


def with_rows(uri: str, *texts: str, **changes) -> ProcessedDocument:
    processed = document(uri, *texts, **changes)
    assert processed.parsed
    parsed = processed.parsed
    languages = ["en"] * len(parsed.chunks)
    rows = chunk_rows(processed.origin, parsed.document, parsed.chunks, languages, FINGERPRINTS)
    return replace(processed, chunks=tuple(rows))


def test_a_chunk_without_findings_gets_a_signature_and_no_flags():
    (processed,) = apply_policy(PolicySettings(), [with_rows("a.md", *SECTIONS[:2])])
    assert [row["flags"] for row in processed.chunks] == [[], []]
    assert all(row["minhash"] for row in processed.chunks)
    assert processed.findings == ()


def test_a_flagged_chunk_is_kept_and_counted_without_showing_the_secret():
    documents = [with_rows("a.md", SECTIONS[0], WITH_KEY), with_rows("b.md", WITH_KEY)]
    first, second = apply_policy(PolicySettings(secrets="flag"), documents)
    assert [row["flags"] for row in first.chunks] == [[], ["secrets"]]
    assert [row["flags"] for row in second.chunks] == [["secrets"]]
    findings = merge_findings((*first.findings, *second.findings))
    assert {finding.kind for finding in findings} == {"secrets"}
    assert {(finding.action, finding.count, finding.documents) for finding in findings} == {
        ("flag", 2, 2)
    }
    assert KEY not in str(findings)


def test_a_quarantined_chunk_loses_none_of_the_others_and_its_reject_hides_the_secret():
    mixed = f"{WITH_KEY} {WITH_MAIL}"
    policy = PolicySettings(secrets="quarantine")
    (processed,) = apply_policy(policy, [with_rows("a.md", SECTIONS[0], mixed, SECTIONS[1])])
    assert texts(processed) == list(SECTIONS[:2])
    (reject,) = processed.rejects
    assert (reject.stage, reject.reason) == (Stage.CHECK, Reason.POLICY)
    start = len(SECTIONS[0]) + 2
    assert reject.span == (start, start + len(mixed))
    shown = f"{reject.message} {reject.excerpt}"
    assert KEY not in shown
    assert MAIL not in (reject.excerpt or "")


def test_what_is_switched_off_is_not_looked_for():
    policy = PolicySettings(secrets="off")
    (processed,) = apply_policy(policy, [with_rows("a.md", WITH_KEY)])
    assert (processed.chunks[0]["flags"], processed.findings) == ([], ())


def test_what_the_parser_masked_is_counted_and_flagged():
    masked = f"Write to {MASK * len(MAIL)} before Friday."
    redacted = with_rows("a.md", masked, redactions={"personal_data/email_address": 2})
    policy = PolicySettings(personal_data="redact")
    (processed,) = apply_policy(policy, [redacted])
    assert processed.chunks[0]["flags"] == ["redacted"]
    (finding,) = processed.findings
    assert (finding.kind, finding.what, finding.action, finding.count) == (
        "personal_data",
        "email_address",
        "redact",
        2,
    )


def test_wrongly_decoded_text_is_flagged():
    text = "La reunión será en el salón de sesiones, según el señor Muñoz y la señora Ibáñez."
    garbled = text.encode().decode("cp1252", "replace")
    (processed,) = apply_policy(PolicySettings(), [with_rows("a.md", garbled)])
    assert processed.chunks[0]["flags"] == ["garbled"]
