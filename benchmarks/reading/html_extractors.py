"""Extractors of main content: Vouch, trafilatura, unstructured, and others where installed."""

from collections.abc import Callable
from importlib import import_module

import trafilatura

from vouch.parsers.registry import parse
from vouch.parsers.unstructured.library import partition
from vouch.schemas.documents.records import Document, ElementType

_ASIDE = (ElementType.HEADER, ElementType.FOOTER)


def main_text(document: Document) -> str:
    """Return the text without page headers and footers, unless there is nothing else."""
    kept = [
        element for element in document.elements if element.type not in _ASIDE
    ] or document.elements
    return "\n".join(document.text[element.char_start : element.char_end] for element in kept)


def vouch(page: str) -> str:
    """Return what Vouch searches."""
    return main_text(parse(page.encode(), "page.html"))


def trafilatura_alone(page: str) -> str:
    """Return what trafilatura extracts, with its fallbacks."""
    return trafilatura.extract(page, include_comments=False) or ""


def trafilatura_fast(page: str) -> str:
    """Return what trafilatura extracts without its fallbacks."""
    return trafilatura.extract(page, include_comments=False, fast=True) or ""


def readability(page: str) -> str:
    """Return the text of what readability-lxml takes for the article, by html-text."""
    summary = import_module("readability").Document(page).summary()
    text: str = import_module("html_text").extract_text(summary)
    return text


def resiliparse(page: str) -> str:
    """Return what resiliparse takes for main content."""
    extract = import_module("resiliparse.extract.html2text").extract_plain_text
    text: str = extract(page, main_content=True, alt_texts=False, preserve_formatting=False)
    return text


def unstructured_all(page: str) -> str:
    """Return the text of all elements that unstructured finds."""
    return "\n".join(text for _, text in _elements(page))


def unstructured_narrative(page: str) -> str:
    """Return the elements that unstructured classifies as running text."""
    return "\n".join(text for kind, text in _elements(page) if kind == "NarrativeText")


def _elements(page: str) -> list[tuple[str, str]]:
    """Return type and text of unstructured's own elements, which the registry's engine maps."""
    elements = partition(page.encode(), "page.html", "text/html", {})
    return [(element["type"], element["text"]) for element in elements]


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "vouch": vouch,
    "trafilatura": trafilatura_alone,
    "trafilatura, fast": trafilatura_fast,
    "readability-lxml": readability,
    "resiliparse": resiliparse,
    "unstructured, all elements": unstructured_all,
    "unstructured, narrative text": unstructured_narrative,
}
