"""Visits to pages by a real browser, and what is observed there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visit:
    """An open page, with what it asked for and what its console said."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Open a page of the service, and return its status."""
        answer = self.page.goto(self.base + path, wait_until="load")
        assert answer is not None
        return answer.status

    def elsewhere(self) -> list[str]:
        """Return the requests to any other host."""
        host = urlsplit(self.base).netloc
        return [each for each in self.requests if urlsplit(each).netloc != host]

    def violations(self) -> list[str]:
        """Return violations of accessibility rules. The policy of the pages allows no script, so
        the browser's own tools run axe.
        """
        self.page.evaluate(_AXE)
        result = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", _RULES)
        return [
            f"{each['id']}: {each['help']}: {each['nodes'][0]['html']}"
            for each in result["violations"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        width = "document.scrollingElement.scrollWidth - window.innerWidth"
        return max(0, self.page.evaluate(width))

    def attacks(self) -> list[str]:
        """Return what could run or load something, or has run."""
        return self.page.evaluate(
            """() => [
                ...(window.hacked === undefined ? [] : ["a script ran"]),
                ...[...document.querySelectorAll(
                    "script, svg, iframe, object, embed, base, style, img:not([src^='/'])"
                )].map(e => e.outerHTML),
                ...[...document.querySelectorAll("*")].flatMap(e => [...e.attributes])
                    .map(a => a.name + "=" + a.value)
                    .filter(a => /^on|^style=|^(?:src|href|action)=\\s*(?:\\w+:|\\/\\/)/i.test(a)),
            ]"""
        )


@contextmanager
def visiting(
    browser: Browser, base: str, scheme: str = "light", width: int = 1280, **more: object
) -> Iterator[Visit]:
    """Open a browser's window that reports violations of the policy as errors of its console."""
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, **more
    ) as context:
        visit = Visit(context.new_page(), base)
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.on("console", lambda message: visit.errors.append(message.text))
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        yield visit
