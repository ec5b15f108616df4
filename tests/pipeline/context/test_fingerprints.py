"""Which settings make a stage process documents again, and which do not."""

from pathlib import Path
from typing import Any

import pytest

from vouch.embedders.models import find_model
from vouch.pipeline.context.fingerprints import fingerprints
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.settings.vouch_yaml import Settings

Sections = dict[str, Any]


def of_settings(model: Path, source: Sections | None = None, **sections: Any) -> Fingerprints:
    docs = {"name": "docs", "path": "documents"} | (source or {})
    settings = Settings.model_validate(
        {"sources": [docs], "embedding": {"model": str(model)}} | sections
    )
    card = find_model(settings.embedding, Path("/"))
    return fingerprints(settings, card, card.fingerprint)


def changed_by(model: Path, source: Sections | None = None, **sections: Any) -> set[str]:
    """Return the names of the fingerprints that differ from those of the default settings."""
    before, after = of_settings(model), of_settings(model, source, **sections)
    names = Fingerprints.__dataclass_fields__
    return {name for name in names if getattr(before, name) != getattr(after, name)}


@pytest.mark.parametrize(
    ("sections", "changed"),
    [
        ({"chunking": {"max_tokens": 64}}, {"chunk"}),
        ({"contracts": {"chunks": {"min_chars": 2}}}, {"check"}),
        # The rules of a run as a whole judge no row.
        ({"contracts": {"batch": {"min_documents": 5}}}, set()),
        ({"parsing": {"timeout_s": 5.0}}, {"limits"}),
        ({"parsing": {"workers": 3}}, set()),
        # An engine is compared for each document, so that no other document is concerned.
        ({"parsing": {"engines": {"application/rtf": "unstructured"}}}, {"engines"}),
        ({"parsing": {"engines": {}}}, set()),
        ({"index": {"keep_published": 3}, "run": {"shard_documents": 3}}, set()),
    ],
)
def test_a_setting_changes_the_fingerprint_of_its_stage_alone(
    tiny_model: Path, sections: Sections, changed: set[str]
):
    assert changed_by(tiny_model, **sections) == changed


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ({"exclude": ["drafts/"]}, {"fetch"}),
        ({"engines": {"*": "unstructured"}}, {"engines"}),
        ({"contract": {"max_chars": 100}}, {"contracts"}),
        ({"contract": {"min_documents": 5, "max_age_h": 24}}, set()),
        ({"contract": {"severity": "block"}}, set()),
    ],
)
def test_a_setting_of_a_source_changes_what_concerns_its_rows(
    tiny_model: Path, source: Sections, changed: set[str]
):
    assert changed_by(tiny_model, source) == changed


def test_redaction_is_part_of_every_parse_and_check(tiny_model: Path):
    changed = changed_by(tiny_model, policy={"personal_data": "redact"})
    assert changed == {"conditions", "check"}
