"""What a switch makes of the text of vouch.yaml."""

import json

import pytest

from vouch.pipeline.shadows.switched_settings import PREVIOUS, switched
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText

TEXT = """\
# Our documents
sources:
  - name: docs   # all of them
    path: documents

# The model
embedding:
  model: all-MiniLM-L6-v2  # English only
  document_prefix: "passage: "

# How documents are cut
chunking:
  max_tokens: 160

shadows:
  # tried since December
  big:
    embedding:
      model: ./big    # the new one
      query_prefix: 'query: '

# Golden queries
retrieval:
  k: 5
"""
AFTER = """\
# Our documents
sources:
  - name: docs   # all of them
    path: documents

# The model
embedding:
  model: ./big    # the new one
  query_prefix: 'query: '

# How documents are cut
chunking:
  max_tokens: 160

shadows:
  # tried since December
  previous:
    embedding:
      model: all-MiniLM-L6-v2  # English only
      document_prefix: "passage: "

# Golden queries
retrieval:
  k: 5
"""


def settings_of(text: str) -> Settings:
    return SettingsText(text).settings()


def after(text: str, name: str) -> str:
    before = settings_of(text)
    shadow = before.shadows[name]
    sections = {"embedding": shadow.embedding, "chunking": shadow.chunking}
    given = {section: value for section, value in sections.items() if value is not None}
    return switched(text, name, before, before.model_copy(update=given))


def test_lines_change_places_with_their_comments_and_back():
    assert after(TEXT, "big") == AFTER
    assert after(AFTER, PREVIOUS) == TEXT.replace("  big:", f"  {PREVIOUS}:")


@pytest.mark.parametrize(
    "text",
    [
        "sources: [{name: a, path: .}]\nshadows:\n  s:\n    chunking: {max_tokens: 80}\n",
        "shadows:\n  's':\n    embedding: {model: x}\n    chunking:\n      max_tokens: 80\n"
        "sources:\n- {name: a, path: .}\nembedding: {model: y}",
        json.dumps(
            {
                "sources": [{"name": "a", "path": "."}],
                "embedding": {"model": "x"},
                "shadows": {"s": {"embedding": {"model": "y", "query_prefix": "q"}}},
            }
        ),
    ],
    ids=["sections left out", "after the shadows", "JSON"],
)
def test_it_says_what_the_shadow_said_and_the_former_settings_are_the_shadow(text: str):
    before, now = settings_of(text), settings_of(after(text, "s"))
    shadow, former = before.shadows["s"], now.shadows[PREVIOUS]
    assert now.embedding == (shadow.embedding or before.embedding)
    assert now.chunking == (shadow.chunking or before.chunking)
    assert (former.embedding or now.embedding) == before.embedding
    assert (former.chunking or now.chunking) == before.chunking
    assert "s" not in now.shadows


@pytest.mark.parametrize(
    "text",
    [
        "sources: [{name: a, path: .}]\nshadows: {s: {chunking: {max_tokens: 80}}}\n",
        "sources: [{name: a, path: .}]\nembedding: &m\n  model: x\nshadows:\n  s:\n"
        "    embedding:\n      <<: *m\n      query_prefix: q\n",
    ],
    ids=["one line", "an anchor"],
)
def test_what_a_program_cannot_change_safely_is_left_alone(text: str):
    with pytest.raises(SettingsError, match="exchange them yourself"):
        after(text, "s")


def test_an_earlier_switch_is_not_forgotten():
    text = AFTER.replace("  previous:", "  next:\n    chunking:\n      max_tokens: 80\n  previous:")
    with pytest.raises(SettingsError, match="vouch shadows remove previous"):
        after(text, "next")
