"""Asks trafilatura which words of a page are its main content."""

import logging
from copy import deepcopy

import trafilatura

from vouch.parsers.common.html_visibility import Node

# trafilatura logs a warning for each page in which it finds nothing, which is no fault of a run.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_MAX_NODES = (
    100_000  # elements; of a larger page everything is content, rather than run for minutes
)


def main_words(root: Node, node_count: int) -> str:
    """Return the main content of a page as trafilatura extracts it, "" where it finds none.

    Without its fallbacks, which were slower and no better on public pages, and without its
    deduplication, whose memory outlasts a page. It changes the tree that it reads: it gets a copy.
    """
    if node_count > _MAX_NODES:
        return ""
    try:
        page = trafilatura.bare_extraction(
            deepcopy(root), fast=True, favor_recall=True, include_comments=False
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever fails in it, the page itself can still be read
        return ""
    return "" if page is None or isinstance(page, dict) else page.text or ""
