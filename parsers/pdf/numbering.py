"""Decide which numbers at the edges of PDF pages are those of the pages."""

from collections import Counter, defaultdict
from collections.abc import Container, Sequence

from vouch.parsers.pdf.edges.page_edges import Edge, Key
from vouch.parsers.pdf.edges.page_numbers import Evidence, Number

# Pages, and the share of all, whose numbers show how pages are numbered.
MIN_PAGES = 3
_SURE_USE = 0.5
# A larger number alone on the only page that has one is as likely an amount.
_MAX_LONE = 99
# Characters: a longer text beside a number is no name of a section.
_MAX_NAME = 80


class Numbering:
    """The page numbers of a document.

    `pages` are the rows at the edges of each page, `full` the numbers of the pages that say much,
    `repeated` the keys that several pages share, and `within` how often a line with the same words
    is between the edges. `is_sure` means that most pages have a number that is nothing else.
    """

    def __init__(
        self,
        pages: Sequence[Sequence[Edge]],
        full: Sequence[int],
        repeated: Container[Key],
        within: Counter[str],
    ) -> None:
        self._repeated = repeated
        self._within = within
        by_evidence: defaultdict[Evidence, Counter[int]] = defaultdict(Counter)
        at_ends: Counter[tuple[str, int, int]] = Counter()
        self._names: Counter[str] = Counter()  # pages by the words beside a number
        for page in full:
            numbered = [(edge, number) for edge in pages[page] for number in edge.numbers]
            for evidence, shift in {
                (number.evidence, edge.shift(number))
                for edge, number in numbered
                if edge.masked(number) in repeated
            }:
                by_evidence[evidence][shift] += 1
            beside = [pair for pair in numbered if pair[1].evidence == Evidence.BESIDE]
            at_ends.update({_at_end(edge, number) for edge, number in beside})
            self._names.update({edge.name(number) for edge, number in beside})
        # A page has one number: where surer ones are on most pages, others agree with them.
        self._shifts = {
            evidence: set(shifts)
            for evidence, shifts in by_evidence.items()
            if shifts.total() >= _SURE_USE * len(full)
        }
        enough = max(MIN_PAGES, _SURE_USE * len(full))
        self._of_most = {place for place, count in at_ends.items() if count >= enough}
        self.is_sure = any(kind > Evidence.BESIDE for kind in self._shifts)
        self._in_turn = {id(edge.row) for side in ("top", "bottom") for edge in _turns(pages, side)}

    def of_page(self, edge: Edge) -> Number | None:
        """Return the number in a row that is that of its page."""
        return next((number for number in edge.numbers if self._is_of_page(edge, number)), None)

    def _is_of_page(self, edge: Edge, number: Number) -> bool:
        stronger = [self._shifts[kind] for kind in self._shifts if kind > number.evidence]
        if any(edge.shift(number) not in shifts for shifts in stronger):
            return False
        if edge.masked(number) in self._repeated:
            return True
        if number.evidence == Evidence.BESIDE:
            # The name of a section, which is in the text too or on other pages.
            name = edge.name(number)
            is_name = len(name) <= _MAX_NAME and _at_end(edge, number) in self._of_most
            return is_name and (self._within[name] > 0 or self._names[name] > 1)
        if number.evidence == Evidence.WORD:
            return number.is_all and edge.is_set_apart
        return id(edge.row) in self._in_turn


def _at_end(edge: Edge, number: Number) -> tuple[str, int, int]:
    return edge.side, edge.place, edge.shift(number)


def _turns(pages: Sequence[Sequence[Edge]], side: str) -> list[Edge]:
    """Return the numbers alone in the margins that follow one another as pages do.

    A single one is short. Where most of several do not, they are amounts.
    """
    alone = [
        edge
        for edges in pages
        for edge in edges
        if edge.side == side
        and edge.is_set_apart
        and edge.numbers
        and edge.numbers[0].evidence == Evidence.ALONE
    ]
    if len(alone) == 1:
        return [edge for edge in alone if edge.numbers[0].value <= _MAX_LONE]
    shifts = [edge.shift(edge.numbers[0]) for edge in alone]
    # Left and right pages may have it at other places, and front matter in other figures.
    near = [{*shifts[max(n - 2, 0) : n], *shifts[n + 1 : n + 3]} for n in range(len(shifts))]
    turns = [edge for edge, own, nearby in zip(alone, shifts, near, strict=True) if own in nearby]
    return turns if len(turns) * 2 >= len(alone) else []
