"""What is masked in a text is masked in the links of it, too."""

from vouch.schemas.gate import PolicySettings
from vouch.schemas.records import Document, Link
from vouch.validators.rows.redaction import MASK, redactor


def test_the_target_of_a_link_is_masked() -> None:
    made = redactor(PolicySettings(personal_data="redact"))
    assert made is not None
    links = (
        Link(0, 5, "mailto:ada.lovelace@analytical-engine.org"),
        Link(6, 10, "https://example.org/a"),
    )
    masked, _ = made(Document("Write here", (), links=links))
    assert masked.links[0].target == "mailto:" + MASK * len("ada.lovelace@analytical-engine.org")
    assert masked.links[1] == links[1]
