"""Settings of a service that describes figures, and what is refused about them."""

from typing import Any

import pytest
from pydantic import ValidationError

from vouch.schemas.settings.vouch_yaml import Settings

SOURCES = [{"name": "docs", "path": "documents"}]
CAPTIONS = {"service": "https://vision.example/v1", "model": "eyes-1"}


def settings(captions: dict[str, Any], **sections: Any) -> Settings:
    whole = {"sources": SOURCES, "captions": CAPTIONS | captions, **sections}
    return Settings.model_validate(whole)


def test_a_url_is_a_whole_service_and_without_a_section_there_is_none():
    captions = settings({}).captions
    assert captions is not None
    assert captions.service.url == "https://vision.example/v1"
    assert Settings.model_validate({"sources": SOURCES}).captions is None


@pytest.mark.parametrize(
    ("captions", "sections", "words"),
    [
        ({"except_sources": ["hr"]}, {}, "names hr, which is no source"),
        ({"service": "https://me:pw@vision.example/v1"}, {}, "a caption service must not contain"),
        (
            {},
            {"budget": {"run": 1}, "embedding": {"price_per_million_tokens": 1}},
            "caps need captions.price_per_million_tokens",
        ),
    ],
)
def test_what_would_send_or_cost_more_than_is_meant_is_refused(captions, sections, words):
    with pytest.raises(ValidationError, match=words):
        settings(captions, **sections)
