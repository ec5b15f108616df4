"""Redaction: every part of a document is masked, and no span moves."""

from vouch.schemas.documents.records import (
    DamagedPart,
    Document,
    Element,
    ElementType,
    LeftOut,
    LeftOutKind,
    Link,
    Metadata,
)
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.rows.redaction import MASK, Redactor, masked, redactor

ADDRESS = "ada.lovelace@analytical-engine.org"


def test_every_part_of_a_document_is_masked_at_the_same_length():
    redact = redactor(PolicySettings(personal_data="redact"))
    assert redact is not None
    text = f"Write to {ADDRESS} today"
    links = (Link(0, 5, f"mailto:{ADDRESS}"), Link(6, 10, "https://example.org/a"))
    document = Document(
        text,
        (Element(ElementType.PARAGRAPH, 0, len(text), heading_path=(f"Mail {ADDRESS}",)),),
        Metadata(title=ADDRESS, author=None, extra=(("contact", ADDRESS),)),
        links=links,
        left_out=(LeftOut(LeftOutKind.SIGNATURE, 1, 90, (f"Yours, {ADDRESS}",)),),
        damaged=(DamagedPart(f"mail of {ADDRESS}", f"{ADDRESS} is no date"),),
    )
    mask = MASK * len(ADDRESS)
    redacted, counts = redact(document)
    assert redacted.text == f"Write to {mask} today"
    assert redacted.elements[0].heading_path == (f"Mail {mask}",)
    assert redacted.links == (Link(0, 5, f"mailto:{mask}"), links[1])
    metadata = redacted.metadata
    assert (metadata.title, metadata.author, metadata.extra) == (mask, None, (("contact", mask),))
    assert redacted.left_out[0].examples == (f"Yours, {mask}",)
    assert redacted.damaged == (DamagedPart(f"mail of {mask}", f"{mask} is no date"),)
    assert counts == {"personal_data/email_address": 1}


def test_a_policy_that_redacts_nothing_has_no_redactor():
    assert redactor(PolicySettings(personal_data="flag")) is None


def test_only_the_given_findings_are_masked():
    assert masked("secret", []) == "secret"


def test_the_fingerprint_depends_on_the_kinds():
    assert Redactor(("secrets",)).fingerprint != Redactor(("personal_data",)).fingerprint
