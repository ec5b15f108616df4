"""Asks trafilatura which words of a page are its main content."""

import logging
from copy import deepcopy

import trafilatura
from lxml import etree

from vouch.parsers.common.html_visibility import Node

# trafilatura logs a warning for each page in which it finds nothing, which is no fault of a run.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# It drops these too, but only after it has looked at each of their elements several times.
_NEVER_CONTENT = (
    "style svg noscript iframe template nav button select object embed canvas video audio map "
    "dialog footer aside"
).split()


def main_words(root: Node, *, thorough: bool = False) -> str:
    """Return the main content of a page as trafilatura extracts it, "" where it finds none.

    A `thorough` extraction compares what several algorithms find; on public pages that takes twice
    the time and is no better but where the fast one finds little. Its deduplication, whose memory
    outlasts a page, is off. It changes the tree that it reads: it gets a copy.
    """
    tree = deepcopy(root)
    etree.strip_elements(tree, *_NEVER_CONTENT, with_tail=False)
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
