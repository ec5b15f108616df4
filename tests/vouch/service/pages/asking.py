"""Asks for pages as a browser does, and reads them."""

from typing import Any

import httpx
from lxml import html

from tests.vouch.service.running import Service

HTML = {"Accept": "text/html"}


def get(service: Service, path: str, **query: Any) -> httpx.Response:
    """Ask for a page."""
    with service.client() as client:
        return client.get(path, params=query or None, headers=HTML)


def text_of(answer: httpx.Response) -> str:
    """Return what a page says, on one line."""
    return " ".join(" ".join(html.fromstring(answer.text).itertext()).split())


def hit(service: Service, query: str, uri: str, **more: Any) -> dict[str, Any]:
    """Return the first hit from a document."""
    hits = service.search(query, k=50, breadth="all", **more).json()["hits"]
    return next(each for each in hits if each["uri"] == uri)


def span(shown_hit: dict[str, Any]) -> dict[str, int]:
    """Return the span of a hit, as addresses have it."""
    return {"start": shown_hit["char_start"], "end": shown_hit["char_end"]}
