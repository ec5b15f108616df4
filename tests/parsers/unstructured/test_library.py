"""The library runs offline, without the model that it would download, and the same every time."""

import socket
import types

import pytest
from unstructured.nlp import tokenize

from vouch.parsers.registry import read
from vouch.parsers.unstructured import library
from vouch.schemas.documents.records import Document
from vouch.schemas.settings.choices import Engine

ALL_TYPES = {"*": Engine.UNSTRUCTURED}
SENTENCES = (
    b"The tenant pays the rent. The landlord keeps the roof in order, as was agreed.\n\nKEYS"
)
FORMATS = {
    "a.txt": SENTENCES,
    "a.md": b"# Lease\n\n" + SENTENCES,
    "a.html": b"<html><body><h1>Lease</h1><p>" + SENTENCES + b"</p></body></html>",
    "a.xml": b"<a><b>" + SENTENCES + b"</b></a>",
    "a.eml": b"From: a@b.org\nTo: c@d.org\nSubject: Lease\nMIME-Version: 1.0\n\n" + SENTENCES,
}


def by_library(data: bytes, name: str) -> Document:
    reading = read(data, name, engines=ALL_TYPES)
    assert reading.read_by == "unstructured"
    return reading.document


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a document made the library use the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(tokenize, "_install_spacy_model", refuse)
    for name, data in FORMATS.items():
        assert "keeps the roof" in by_library(data, name).text


def test_the_library_still_loads_its_model_by_the_function_that_is_replaced():
    by_library(SENTENCES, "a.txt")
    tokenize._get_nlp.cache_clear()
    assert tokenize._get_nlp().pipe_names == ["sentencizer"]
    assert tokenize.sent_tokenize("One is here. Two is there.") == ["One is here.", "Two is there."]


def test_a_library_that_loads_its_model_otherwise_is_refused_before_it_downloads_it():
    with pytest.raises(RuntimeError, match="_load_spacy_model.*install en_core_web_sm"):
        library.replace_model(types.ModuleType("tokenize"))


def test_nothing_is_written_to_the_terminal(capfd, caplog):
    """The file that is included does not exist, and the text is too short to have a language."""
    by_library(b"Title\n=====\n\n.. include:: missing.rst\n\n1\n", "a.rst")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_is_read_the_same_each_time(name: str):
    """The library guesses languages by chance, and classifies by them."""
    mixed = FORMATS[name].replace(b"KEYS", b"Der Mieter zahlt. Le locataire paie.")
    assert len({repr(by_library(mixed, name).elements) for _ in range(5)}) == 1
