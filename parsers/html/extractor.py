"""Asks trafilatura which words of a page are its main content."""

import logging
from copy import deepcopy

import trafilatura
from lxml import etree

from vouch.parsers.common.html.visibility import BLOCKS, LEFT_OUT, Node, is_hidden, name_of

# trafilatura logs a warning for each page in which it finds nothing, which is no fault of a run.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# It drops these too, but only after it has looked at each of their elements several times.
_NEVER_CONTENT = (
    "style svg noscript iframe template nav button select object embed canvas video audio map "
    "dialog footer aside"
).split()
_BESIDE_TEXT = ("rt", "rp", "rtc", "wbr")
_MAYBE_HIDDEN = etree.XPath(f"descendant::*[@{LEFT_OUT} or @hidden or @aria-hidden or @style]")
_JOINED = "joined"
_KEPT = frozenset({*BLOCKS, "a", "br", "img", "code", "head", "title", "script", "meta", "link"})


def _join_words(tree: Node) -> None:
    """Remove inline elements that begin or end within a word, at which it would be cut in two."""
    for node in list(tree.iter("*")):
        parent = node.getparent()
        if parent is None or name_of(node) in _KEPT:
            continue
        previous = node.getprevious()
        before = (parent.text if previous is None else previous.tail) or ""
        end = (node[-1].tail if len(node) else node.text) or ""
        if (before[-1:].isalnum() and (node.text or "")[:1].isalnum()) or (
            end[-1:].isalnum() and (node.tail or "")[:1].isalnum()
        ):
            node.tag = _JOINED
    etree.strip_tags(tree, _JOINED)


def main_words(root: Node, *, thorough: bool = False) -> str:
    """Return the main content of a page as trafilatura extracts it, "" where it finds none.

    A `thorough` extraction compares what several algorithms find; on public pages that takes twice
    the time and is no better but where the fast one finds little. Its deduplication, whose memory
    outlasts a page, is off. It changes the tree that it reads: it gets a copy.
    """
    tree = deepcopy(root)
    etree.strip_elements(tree, *_NEVER_CONTENT, *_BESIDE_TEXT, with_tail=False)
    for node in _MAYBE_HIDDEN(tree):
        if is_hidden(node) and node.getparent() is not None:
            node.drop_tree()
    _join_words(tree)
    # It lays merged cells out, however many times larger than the table that makes the page.
    etree.strip_attributes(tree, "colspan", "rowspan")
    try:
        page = trafilatura.bare_extraction(
            tree, fast=not thorough, favor_recall=not thorough, include_comments=False
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever fails in it, the page itself can still be read
        return ""
    return "" if page is None or isinstance(page, dict) else page.text or ""
