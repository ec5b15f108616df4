"""Separates the main content of a page from what surrounds it, and says on which side that is.

Of a page that declares itself an article, and is no manual, trafilatura decides which words are
content (`extractor`), and the blocks with these words are kept (`matching`), so that elements keep
their type, links and spans. On other pages (documentation, threads, lists) it leaves out much
between the texts that it keeps. What such a page declares to be its main part is content; of one
that declares nothing, all text between the first and the last of the extractor's texts, in the
element that holds them, or everything, where the extractor keeps little. Landmarks such as `nav`
and small parts that are named boilerplate are never content there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set

from vouch.parsers.common.html.blocks import Block
from vouch.parsers.common.html.landmarks import declared_main, landmarks
from vouch.parsers.common.html.visibility import Node, name_of
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.html.boilerplate_names import is_named_boilerplate, is_named_footer
from vouch.parsers.html.extractor import main_words
from vouch.parsers.html.matching import found_blocks
from vouch.parsers.html.places import has_own_words, is_note, outermost, place
from vouch.parsers.html.repetitions import repetitions
from vouch.schemas.documents.records import ElementType

# The part of a page that holds so much of the kept text is the one that holds its content.
_MIN_WITHIN = 0.9
# Of the text of a page; where the extractor keeps less, the page is no article.
_MIN_KEPT = 0.3
_MIN_UNDERSTOOD = 0.2  # the same of an article; trafilatura itself tries again below it
_MOSTLY_LINKS = 0.5  # of the characters of a block of an article: it leads to other articles
_MIN_SENTENCE = 60  # characters outside links
_MAX_NAMED = 0.5  # of the text: a larger part is content, whatever its class says
_MAX_ABOVE_HEADING = 3  # links; more of them are a list that the page is for
_BARS = ("aside", "header", "footer")
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
    is_cut = is_article and not page.is_documentation
    content = page.article() if is_cut else page.other_content()
    content |= page.heading_before(min(content), title)
    content -= repetitions(blocks, content)
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
        self._main = declared_main(nodes[0], blocks)

    @property
    def is_documentation(self) -> bool:
        """Whether it has code in a declared main part, as no newspaper has.

        Some generators of documentation declare each page an article.
        """
        has_code = next(self._nodes[0].iter("pre", "code"), None) is not None
        return has_code and self._main is not None

    def article(self) -> set[int]:
        """Return the blocks that the extractor keeps; at least one, as `other_content` does."""
        extracted = self._extracted()
        declared = self._declared()
        if self._plain_size(extracted) < _MIN_UNDERSTOOD * self._plain_size(declared):
            extracted = self._extracted(thorough=True)
        kept = extracted | self._notes(extracted)
        if not kept:
            return self.other_content()
        # Extractors leave out some of what is seldom boilerplate.
        laid_out = {i for i in self._between(kept) if self._blocks[i].type in _LAID_OUT}
        first = min(kept)
        kept |= laid_out | {i for i in self._beside(kept) if i > first} | self._continued(kept)
        return kept | {i for i in self._headings_of(kept) if not self._is_linked(i)}

    def other_content(self) -> set[int]:
        """Return the blocks that are content on a page that is no article, at least one."""
        declared = self._declared()
        declared -= self._named_boilerplate(declared)
        if self._main is not None:
            return declared - self._links_before_heading(declared)
        kept = self._extracted() & declared
        kept |= self._notes(kept) & declared
        between = self._between(kept) | self._beside(kept) | self._paragraphs_beside(kept)
        between = (between | self._headings_of(between)) & declared
        return between if self._size(between) > _MIN_KEPT * self._size(declared) else declared

    def side(self, index: int, *, is_before: bool) -> ElementType:
        """Return the type of a block that is no content."""
        declared = self._landmarks.get(self._blocks[index].node)
        return declared or (ElementType.HEADER if is_before else ElementType.FOOTER)

    def heading_before(self, first: int, title: str | None) -> set[int]:
        """Return the heading of the page where it is before its content, in a bar of its own.

        It is the last one that the page's title begins with, else the only one of the first level.
        """
        page = (title or "").casefold()
        headings = [index for index in range(len(self._blocks)) if self._is_heading(index)]
        in_title = [
            index
            for index in headings
            if (text := one_line(self._blocks[index].text).casefold()) and page.startswith(text)
        ]
        if in_title:
            return {in_title[-1]} if in_title[-1] < first else set()
        main = self._main_headings()
        is_missing = not self._is_heading(first)
        return main if is_missing and len(main) == 1 and min(main) < first else set()

    def _main_headings(self) -> set[int]:
        return {
            index
            for index, block in enumerate(self._blocks)
            if self._is_heading(index) and block.level == 1
        }

    def _declared(self) -> set[int]:
        """Return what the page declares to be its content, or not to be beside it."""
        inside = set(self._nodes if self._main is None else self._main.iter())
        declared = {
            index
            for index, block in enumerate(self._blocks)
            if block.node in inside and block.node not in self._landmarks
        }
        return declared or set(range(len(self._blocks)))

    def _extracted(self, *, thorough: bool = False) -> set[int]:
        # Lists of links are hardly ever content, but make up half of some pages.
        texts = [
            "" if block.node in self._landmarks or self._is_linked(index) else block.text
            for index, block in enumerate(self._blocks)
        ]
        return found_blocks(texts, main_words(self._nodes[0], thorough=thorough))

    def _is_linked(self, index: int) -> bool:
        block = self._blocks[index]
        return block.linked > _MOSTLY_LINKS * len(block.text.strip())

    def _size(self, chosen: Set[int]) -> int:
        return sum(len(self._blocks[index].text) for index in chosen)

    def _plain_size(self, chosen: Set[int]) -> int:
        return sum(self._blocks[index].plain for index in chosen)

    def _named_boilerplate(self, chosen: Set[int]) -> set[int]:
        """Return those of the blocks that are in elements named boilerplate, never all.

        A name that most of the text has describes the page, unless it is that of the footer.
        """
        footer = self._named_footer(chosen)
        rest = chosen - footer
        sizes = self._sizes((index, len(self._blocks[index].text)) for index in rest)
        linked = self._sizes((index, self._blocks[index].linked) for index in rest)
        most = _MAX_NAMED * sizes[self._nodes[0]]
        named: set[Node] = set()
        for node in self._nodes:
            is_bar = name_of(node) in _BARS and linked[node] > _MOSTLY_LINKS * sizes[node]
            is_named = 0 < sizes[node] < most and (is_bar or is_named_boilerplate(node))
            if is_named or node.getparent() in named:
                named.add(node)
        boilerplate = {index for index in rest if self._blocks[index].node in named}
        return footer | boilerplate if self._size(boilerplate) < most else footer

    def _links_before_heading(self, chosen: Set[int]) -> set[int]:
        """Return the few links, such as a logo, that a main part may have above its heading."""
        heading = next((i for i in sorted(chosen) if self._is_heading(i)), None)
        above = {index for index in chosen if heading is not None and index < heading}
        is_bar = len(above) <= _MAX_ABOVE_HEADING and all(map(self._is_linked, above))
        return above if is_bar else set()

    def _is_heading(self, index: int) -> bool:
        return self._blocks[index].type is ElementType.TITLE

    def _named_footer(self, chosen: Set[int]) -> set[int]:
        """Return the blocks in an element at the end of the page that is named its footer.

        It may be longer than the content, but has no heading of the first level.
        """
        last = self._blocks[max(chosen)].node
        for node in (*reversed(list(last.iterancestors())), last):
            if is_named_footer(node):
                inside = set(node.iter())
                footer = {index for index in chosen if self._blocks[index].node in inside}
                if self._plain_size(chosen - footer) and not footer & self._main_headings():
                    return footer
        return set()

    def _between(self, kept: Set[int]) -> set[int]:
        """Return `kept` and what is between them in the element that holds nearly all."""
        if not kept:
            return set()
        sizes = self._sizes((index, len(self._blocks[index].text)) for index in kept)
        enough = _MIN_WITHIN * sizes[self._nodes[0]]
        holder = [node for node in self._nodes if sizes[node] >= enough][-1]
        inside = set(holder.iter())
        between = {i for i in range(min(kept), max(kept)) if self._blocks[i].node in inside}
        return {*kept, *between}

    def _headings_of(self, kept: Set[int]) -> set[int]:
        """Return the headings right above blocks that are kept, as the question of an answer is."""
        headings: set[int] = set()
        for index in range(len(self._blocks) - 2, -1, -1):
            if self._is_heading(index) and (index + 1 in kept or index + 1 in headings):
                headings.add(index)
        return headings

    def _notes(self, kept: Set[int]) -> set[int]:
        """Return the notes after `kept`, which extractors drop, because they are full of links."""
        after = range(min(kept, default=len(self._blocks)), len(self._blocks))
        return {i for i in after if i not in kept and is_note(self._blocks[i].node)}

    def _beside(self, kept: Set[int]) -> set[int]:
        """Return the headings, code, tables and lists that are among the kept paragraphs.

        A list of links before them is navigation.
        """
        if not kept:
            return set()
        first = min(kept)
        paragraphs = self._parents_of_paragraphs(kept)
        return {
            index
            for index, block in enumerate(self._blocks)
            if block.type is not ElementType.PARAGRAPH
            and not (index < first and self._is_linked(index))
            and outermost(block.node).getparent() in paragraphs
        }

    def _paragraphs_beside(self, kept: Set[int]) -> set[int]:
        """Return the paragraphs with words outside links among the kept ones: short ones, too."""
        parents = self._parents_of_paragraphs(kept)
        return {
            index
            for index in range(len(self._blocks))
            if self._is_paragraph(index)
            and (not self._is_linked(index) or has_own_words(self._blocks[index]))
            and self._blocks[index].node.getparent() in parents
        }

    def _continued(self, kept: Set[int]) -> set[int]:
        """Return the paragraphs in parts of the page that are built as those of kept ones are.

        Advertisements divide an article into such parts, side by side in one element.
        """
        parts = {place(parent) for parent in self._parents_of_paragraphs(kept)}
        times = Counter(one_line(block.text) for block in self._blocks)
        return {
            index
            for index, block in enumerate(self._blocks)
            if self._is_paragraph(index)
            and block.plain >= _MIN_SENTENCE
            and not self._is_linked(index)
            and block.node not in self._landmarks
            and times[one_line(block.text)] == 1  # others are captions and notices
            and place(block.node.getparent()) in parts
        }

    def _parents_of_paragraphs(self, chosen: Set[int]) -> set[Node | None]:
        return {
            self._blocks[index].node.getparent() for index in chosen if self._is_paragraph(index)
        }

    def _is_paragraph(self, index: int) -> bool:
        block = self._blocks[index]
        return block.type is ElementType.PARAGRAPH and name_of(block.node) == "p"

    def _sizes(self, sizes: Iterable[tuple[int, int]]) -> dict[Node, int]:
        """Return how many characters are in each element or below it.

        `sizes` are blocks with the characters of each that count.
        """
        sums: defaultdict[Node, int] = defaultdict(int)
        for index, size in sizes:
            sums[self._blocks[index].node] += size
        for node in reversed(self._nodes):
            if (below := sums.get(node)) and (parent := node.getparent()) is not None:
                sums[parent] += below
        return sums
