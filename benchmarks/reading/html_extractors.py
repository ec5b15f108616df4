"""Extractors of main content: Vouch, trafilatura and unstructured."""

import warnings
from collections.abc import Callable
from functools import cache

import trafilatura

from vouch.parsers.common.html_blocks import blocks
from vouch.parsers.common.html_landmarks import base_of
from vouch.parsers.common.html_tree import parse_html
from vouch.parsers.html import main_content as html_content
from vouch.parsers.registry import parse
from vouch.schemas.records import Document, ElementType

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


def vouch_and_trafilatura(page: str) -> str:
    """Return the same, without text beside the content that trafilatura does not extract."""
    root = parse_html(page)
    nodes = list(root.iter("*"))
    page_blocks = list(blocks(root, base_of(root)))
    extracted = " ".join(trafilatura_fast(page).split())
    inside = html_content.Page(nodes, page_blocks, None).is_inside
    block_sides = zip(
        page_blocks,
        html_content.boilerplate_sides(nodes, page_blocks, root.findtext(".//title")),
        strict=True,
    )
    kept = [
        block.text
        for number, (block, side) in enumerate(block_sides)
        if side is None
        and (
            inside(number)
            or block.type is ElementType.TITLE
            or " ".join(block.text.split()) in extracted
        )
    ]
    return "\n".join(kept)


def trafilatura_alone(page: str) -> str:
    """Return what trafilatura extracts, with its fallbacks."""
    return trafilatura.extract(page, include_comments=False) or ""


def trafilatura_fast(page: str) -> str:
    """Return what trafilatura extracts without its fallbacks."""
    return trafilatura.extract(page, include_comments=False, fast=True) or ""


def unstructured_all(page: str) -> str:
    """Return the text of all elements that unstructured finds."""
    return "\n".join(element.text for element in _partition()(text=page))


def unstructured_narrative(page: str) -> str:
    """Return the elements that unstructured classifies as running text."""
    return "\n".join(
        element.text for element in _partition()(text=page) if element.category == "NarrativeText"
    )


@cache
def _partition() -> Callable:
    """Return unstructured's reader of HTML, with a blank pipeline for the model it downloads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spacy
        from unstructured.nlp import tokenize
        from unstructured.partition.html import partition_html

    model = spacy.blank("en")
    model.add_pipe("sentencizer")
    tokenize._load_spacy_model = lambda *_: model
    return partition_html


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "vouch": vouch,
    "vouch, asking trafilatura too": vouch_and_trafilatura,
    "trafilatura": trafilatura_alone,
    "trafilatura, fast": trafilatura_fast,
    "unstructured, all elements": unstructured_all,
    "unstructured, narrative text": unstructured_narrative,
}
