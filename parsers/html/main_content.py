"""Separates the main content of a page from what surrounds it, and says on which side that is.

Of a page that declares itself an article, trafilatura decides which words are content
(`extractor`), and the blocks with these words are kept (`matching`), so that elements keep their
type, links and spans. On other pages (documentation, threads, lists) it leaves out much between the
texts that it keeps. What such a page declares to be its main part is content; of one that declares
nothing, all that stands between the first and the last of the extractor's texts, in the element
that holds them, or everything, where the extractor keeps little. Landmarks such as `nav` and small
parts that are named boilerplate are never content there.
"""

from collections.abc import Sequence, Set

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_landmarks import declared_main, landmarks, text_sizes
from vouch.parsers.common.html_visibility import Node
from vouch.parsers.html.boilerplate_names import is_named_boilerplate, is_named_footer
from vouch.parsers.html.extractor import main_words
from vouch.parsers.html.matching import found_blocks
from vouch.parsers.html.repetitions import repetitions
from vouch.schemas.records import ElementType

# The part of a page that holds so much of the kept text is the one that holds its content.
_MIN_HELD = 0.9
# Of the text of a page; where the extractor keeps less, the page is no article.
_MIN_KEPT = 0.3
_MOSTLY_LINKS = 0.5  # of the characters of a block of an article: it leads to other articles
_MAX_NAMED = 0.5  # of the text: a larger part is content, whatever its class says
_LAID_OUT = (ElementType.CODE, ElementType.TABLE)


def boilerplate_sides(
    nodes: Sequence[Node], blocks: Sequence[Block], title: str | None, *, is_article: bool
) -> list[ElementType | None]:
    """Return for each block None where it is content, else whether it is a HEADER or a FOOTER.

    `nodes` are all elements of the page in document order, `title` is the title of the page.
    """
    if not blocks:
        return []
    page = _Page(nodes, blocks)
    content = page.article() if is_article else page.other_content()
    content -= repetitions(blocks, content)
    content |= page.heading_before(min(content), title)
    first = min(content)
    return [
        None if index in content else page.side(index, is_before=index < first)
        for index in range(len(blocks))
    ]


class _Page:
    """A page; its blocks are named by their indexes."""

    def __init__(self, nodes: Sequence[Node], blocks: Sequence[Block]) -> None:
        self._nodes, self._blocks = nodes, blocks
        self._landmarks = landmarks(nodes, blocks)

    def article(self) -> set[int]:
        """Return the blocks that the extractor keeps; at least one, as `other_content` does."""
        kept = {index for index in self._extracted() if not self._is_linked(index)}
        # Code and tables are seldom boilerplate, but extractors leave some of them out.
        laid_out = {i for i in self._between(kept) if self._blocks[i].type in _LAID_OUT}
        return kept | laid_out or self.other_content()

    def other_content(self) -> set[int]:
        """Return the blocks that are content on a page that is no article, at least one."""
        main = declared_main(self._nodes[0], self._blocks)
        inside = set(self._nodes if main is None else main.iter())
        declared = {
            index
            for index, block in enumerate(self._blocks)
            if block.node in inside and block.node not in self._landmarks
        } or set(range(len(self._blocks)))
        declared -= self._named_boilerplate(declared)
        if main is not None:
            return declared
        between = self._between(self._extracted()) & declared
        return between if self._size(between) > _MIN_KEPT * self._size(declared) else declared

    def side(self, index: int, *, is_before: bool) -> ElementType:
        """Return the type of a block that is no content."""
        declared = self._landmarks.get(self._blocks[index].node)
        return declared or (ElementType.HEADER if is_before else ElementType.FOOTER)

    def heading_before(self, first: int, title: str | None) -> set[int]:
        """Return the heading of the page where it stands before its content, in a bar of its own.

        It is the last one that the page's title begins with, else the only one of the first level.
        """
        page = (title or "").casefold()
        headings = [i for i, b in enumerate(self._blocks) if b.type is ElementType.TITLE]
        in_title = [
            index
            for index in headings
            if (text := one_line(self._blocks[index].text).casefold()) and page.startswith(text)
        ]
        if in_title:
            return {in_title[-1]} if in_title[-1] < first else set()
        main = [index for index in headings if self._blocks[index].level == 1]
        is_missing = self._blocks[first].type is not ElementType.TITLE
        return set(main) if is_missing and len(main) == 1 and main[0] < first else set()

    def _extracted(self) -> set[int]:
        extracted = main_words(self._nodes[0], len(self._nodes))
        return found_blocks([block.text for block in self._blocks], extracted)

    def _is_linked(self, index: int) -> bool:
        block = self._blocks[index]
        return block.linked > _MOSTLY_LINKS * len(block.text.strip())

    def _size(self, chosen: Set[int]) -> int:
        return sum(len(self._blocks[index].text) for index in chosen)

    def _named_boilerplate(self, chosen: Set[int]) -> set[int]:
        """Return those of the blocks that are in elements named boilerplate.

        A name that most of the text has describes the page, unless it is that of the footer.
        """
        sizes = self._sizes(chosen)
        most = _MAX_NAMED * sizes[self._nodes[0]]
        is_footer = {node: is_named_footer(node) for node in self._nodes if sizes[node] >= most}
        last = self._blocks[max(chosen)].node
        footers = {
            node
            for node in (last, *last.iterancestors())
            if is_footer.get(node) and sizes[node] < sizes[self._nodes[0]]
        }
        named: set[Node] = set()
        for node in self._nodes:
            is_inside = node.getparent() in named or node in footers
            if is_inside or (0 < sizes[node] < most and is_named_boilerplate(node)):
                named.add(node)
        boilerplate = {index for index in chosen if self._blocks[index].node in named}
        return boilerplate if footers or self._size(boilerplate) < most else set()

    def _between(self, kept: Set[int]) -> set[int]:
        """Return `kept` and what stands between them in the element that holds nearly all."""
        if not kept:
            return set()
        sizes = self._sizes(kept)
        enough = _MIN_HELD * sizes[self._nodes[0]]
        holder = [node for node in self._nodes if sizes[node] >= enough][-1]
        inside = set(holder.iter())
        held = {i for i in range(min(kept), max(kept)) if self._blocks[i].node in inside}
        return kept | held

    def _sizes(self, chosen: Set[int]) -> dict[Node, int]:
        """Return how many characters of the blocks are in each element or below it."""
        blocks = (self._blocks[index] for index in chosen)
        return text_sizes(self._nodes, ((block.node, len(block.text)) for block in blocks))
