"""What main content is found with: Vouch, trafilatura, and `unstructured`."""

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
    """Return the searched text: all but page headers and footers, unless there is nothing else."""
    kept = [one for one in document.elements if one.type not in _ASIDE] or document.elements
    return "\n".join(document.text[one.char_start : one.char_end] for one in kept)


def vouch(page: str) -> str:
    """What Vouch searches."""
    return main_text(parse(page.encode(), "page.html"))


def vouch_and_trafilatura(page: str) -> str:
    """Of what stands beside the content, only that which trafilatura takes for content too."""
    root = parse_html(page)
    nodes = list(root.iter("*"))
    found = list(blocks(root, base_of(root)))
    told = " ".join(trafilatura_fast(page).split())
    inside = html_content.Page(nodes, found, None).is_inside
    judged = zip(
        found, html_content.boilerplate_sides(nodes, found, root.findtext(".//title")), strict=True
    )
    kept = [
        block.text
        for number, (block, side) in enumerate(judged)
        if side is None
        and (
            inside(number)
            or block.type is ElementType.TITLE
            or " ".join(block.text.split()) in told
        )
    ]
    return "\n".join(kept)


def trafilatura_alone(page: str) -> str:
    """Its own choice of text, with its fallbacks."""
    return trafilatura.extract(page, include_comments=False) or ""


def trafilatura_fast(page: str) -> str:
    """The same without its fallbacks."""
    return trafilatura.extract(page, include_comments=False, fast=True) or ""


def unstructured_all(page: str) -> str:
    """All that it finds."""
    return "\n".join(element.text for element in _partition()(text=page))


def unstructured_narrative(page: str) -> str:
    """What it takes for running text."""
    return "\n".join(
        element.text for element in _partition()(text=page) if element.category == "NarrativeText"
    )


@cache
def _partition() -> Callable:
    """Its spaCy model is downloaded at run time; a blank pipeline with sentences does without."""
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
