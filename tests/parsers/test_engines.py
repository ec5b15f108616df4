"""Whose parser reads a media type: the source's choice, else that of all sources, else ours."""

import re

import pytest

from vouch.parsers.engines import engines_of
from vouch.parsers.registry import described_parser, is_read_by, parser_of, read, refused_engine
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.choices import Engine
from vouch.schemas.settings.vouch_yaml import Settings

OURS, THEIRS = Engine.VOUCH, Engine.UNSTRUCTURED
RTF, HTML, ZIP = "text/rtf", "text/html", "application/zip"
ROWS = {
    "kind": "table", "name": "rows", "url": "sqlite://", "table": "t", "key": ["id"], "text": "{{ a }}",
}  # fmt: skip


def chosen(general: dict[str, str], own: dict[str, str]) -> tuple[str | None, ...]:
    """Return the parsers of RTF, HTML and zip with the choices of all sources and of one."""
    source = {"name": "docs", "path": "documents", "engines": own}
    settings = Settings.model_validate({"sources": [source, ROWS], "parsing": {"engines": general}})
    engines = engines_of(settings.parsing, settings.sources[0])
    assert engines_of(settings.parsing, settings.sources[1]) == {}
    return tuple(parser_of(media_type, engines) for media_type in (RTF, HTML, ZIP))


@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [
        ({}, {}, ("pandoc", "html")),
        ({RTF: "unstructured"}, {}, ("unstructured", "html")),
        ({"application/rtf": "unstructured"}, {}, ("unstructured", "html")),
        ({" Text/RTF": "unstructured"}, {}, ("unstructured", "html")),
        ({"*": "unstructured"}, {}, ("unstructured", "unstructured")),
        ({"*": "unstructured", RTF: "vouch"}, {}, ("pandoc", "unstructured")),
        ({}, {HTML: "unstructured"}, ("pandoc", "unstructured")),
        ({RTF: "unstructured"}, {HTML: "unstructured"}, ("unstructured", "unstructured")),
        ({RTF: "unstructured"}, {"application/rtf": "vouch"}, ("pandoc", "html")),
        # A source that decides about all types leaves nothing to the general choice.
        ({RTF: "unstructured"}, {"*": "vouch"}, ("pandoc", "html")),
        ({RTF: "vouch"}, {"*": "unstructured"}, ("unstructured", "unstructured")),
    ],
)
def test_the_choice_of_a_source_comes_before_that_of_all(general, own, expected):
    # Archives are ours, whatever is chosen for all types.
    assert chosen(general, own) == (*expected, "archive")


@pytest.mark.parametrize(
    ("media_type", "engine", "problem"),
    [
        (RTF, THEIRS, "None"),
        ("application/rtf", THEIRS, "None"),
        ("*", THEIRS, "None"),
        ("*", OURS, "None"),
        (ZIP, OURS, "None"),
        (ZIP, THEIRS, r"unstructured does not read application/zip; it reads .*text/rtf"),
        ("text/rft", THEIRS, r"unstructured does not read text/rft"),
        ("text/rft", OURS, r"vouch does not read text/rft; it reads .*text/rtf.* and \* stands"),
        ("audio/wav", THEIRS, r"whisper is not installed: pip install 'unstructured\[audio\]'"),
    ],
)
def test_an_engine_is_refused_for_what_it_does_not_read(media_type, engine, problem):
    assert re.search(problem, str(refused_engine(media_type, engine)))


def test_a_parser_is_compared_by_its_engine_not_by_its_name():
    assert is_read_by("pdf_ocr", "application/pdf", {})
    assert is_read_by("markdown", RTF, {})
    assert not is_read_by("pandoc", RTF, {RTF: THEIRS})
    assert not is_read_by("unstructured", RTF, {})
    assert is_read_by("unstructured", RTF, {RTF: THEIRS})
    # Of what is not read at all now, nothing better can be made.
    assert is_read_by("unstructured", "image/x-none", {})
    assert is_read_by("markdown", None, {})


def test_other_names_of_a_media_type_are_read_like_it():
    declared = read(rb"{\rtf1 The rent}", "a.bin", "application/rtf", engines={RTF: THEIRS})
    assert (declared.read_by, declared.media_type) == ("unstructured", RTF)


def test_what_only_unstructured_would_read_says_what_to_install():
    sound = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 40
    with pytest.raises(DocumentRejected, match=r"pip install 'unstructured\[audio\]'") as raised:
        read(sound, "a.wav")
    assert raised.value.reason == Reason.UNSUPPORTED_TYPE


def test_an_engine_is_described_with_its_version():
    assert described_parser("unstructured").startswith("unstructured 0.")
    assert described_parser("json") == "json"
