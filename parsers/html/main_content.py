"""Separates the main content of a page from its boilerplate, and says on which side of it that is.

From the root, a path leads down as long as one child holds nearly all the text that is in no link;
the element at its end is the content. Each part beside this path is set aside where it looks like
boilerplate: it is named as such, short, full of links, or a notice on cookies. In doubt a part is
content, and where little text would be left, only declared boilerplate is set aside.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import cached_property

from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_landmarks import declared_main, landmarks
from vouch.parsers.common.html_visibility import Node, name_of
from vouch.parsers.html.boilerplate_names import holds_notes, is_named_boilerplate
from vouch.parsers.html.content_path import (
    CELLS,
    LISTS,
    are_same_kind,
    belongs_to_text,
    is_part,
    page_headings,
    path_to,
    path_to_content,
)
from vouch.parsers.html.text_density import MAX_NOTICE, TextStats, text_stats
from vouch.schemas.records import ElementType

# A part beside the content with this share of its characters in links is navigation.
_NAVIGATION_LINKED = 0.4
_MAX_SHORT = 300  # characters; a part beside the content that has fewer is seldom content
# A part with more than this share of the page's text is content, whatever its class says.
_MAX_NAMED = 0.5
# Where less than this share would be left, only declared boilerplate is set aside.
_MIN_LEFT = 0.25
# A list of links with more than this share of the text is what the page is for.
_MAX_LINK_LIST = 0.5
# Elements that are kept within the content even where they are lists of links.
_KEPT_IN_CONTENT = frozenset({*LISTS, *CELLS, "table", "header", "footer", "span", "font", "b"})
_NOTICES = ("div", "section", "aside", "form", "dialog", "footer", "header", "p")
# So many linked characters count as one: with none, a page of links only would have no size.
_LINKED_PER_PLAIN = 10


def boilerplate_sides(
    nodes: Sequence[Node], blocks: Sequence[Block], title: str | None = None
) -> list[ElementType | None]:
    """Return for each block None where it is content, else whether it is a HEADER or a FOOTER.

    `nodes` are all elements of the page in document order, `title` is the title of the page.
    """
    if not blocks:
        return []
    page = Page(nodes, blocks, title)
    is_boilerplate = page.boilerplate()
    is_declared = page.declared_boilerplate()
    if page.size_without(is_boilerplate) < _MIN_LEFT * page.size_without(is_declared):
        is_boilerplate = is_declared
    if all(is_boilerplate):
        is_boilerplate = [block.node in page.landmarks for block in blocks]
    content_start = next(
        (i for i, excluded in enumerate(is_boilerplate) if not excluded and page.is_inside(i)),
        len(blocks),
    )
    return [
        page.side(index, is_before=index < content_start) if excluded else None
        for index, excluded in enumerate(is_boilerplate)
    ]


class Page:
    """A page with its path to the content. Blocks are named by their indexes."""

    def __init__(self, nodes: Sequence[Node], blocks: Sequence[Block], title: str | None) -> None:
        self._root, self._blocks = nodes[0], blocks
        self._headings, self._headings_in_title = page_headings(blocks, title)
        self._stats = text_stats(nodes, blocks, frozenset(self._headings))
        self._nodes = list(self._stats)  # no block is in or below any other element
        self._max_named = _MAX_NAMED * self._stats[self._root].plain
        self.landmarks = landmarks(self._nodes)
        self._declared = self._with_descendants(self._is_declared_boilerplate)
        self._main = declared_main(self._root, blocks)
        if self._main is not None:
            path = path_to(self._main)
        else:
            path = path_to_content(self._nodes, blocks, self._declared)
        self._path, self._content = frozenset(path), path[-1]
        self._inside = frozenset(self._content.iter())
        self._next_on_path = dict(itertools.pairwise(path))

    def is_inside(self, index: int) -> bool:
        """Return whether a block is in the element that holds the content."""
        return self._blocks[index].node in self._inside

    def size_without(self, excluded: Sequence[bool]) -> float:
        """Return the characters of the blocks that are not excluded; links count little."""
        return sum(
            max(0, len(block.text) - block.linked) + block.linked / _LINKED_PER_PLAIN
            for block, is_excluded in zip(self._blocks, excluded, strict=True)
            if not is_excluded
        )

    def side(self, index: int, *, is_before: bool) -> ElementType:
        """Return the type of a block that is boilerplate."""
        declared = self.landmarks.get(self._blocks[index].node)
        return declared or (ElementType.HEADER if is_before else ElementType.FOOTER)

    def boilerplate(self) -> list[bool]:
        """Return for each block whether it is set aside."""
        nodes = self._with_descendants(self._is_boilerplate)
        excluded = [block.node in nodes or self._is_skip_link(block) for block in self._blocks]
        heading = self._excluded_heading(excluded)
        if heading is not None:
            excluded[heading] = False
        return excluded

    def declared_boilerplate(self) -> list[bool]:
        """Return for each block whether it is in an element that declares itself boilerplate."""
        return [block.node in self._declared for block in self._blocks]

    def _excluded_heading(self, excluded: Sequence[bool]) -> int | None:
        """Return the page's heading where it is set aside in front of the content.

        Content that begins with a heading needs no other one, unless the title names that.
        """
        if False not in excluded or not all(excluded[index] for index in self._headings):
            return None
        first = excluded.index(False)
        begins_with_heading = self._blocks[first].type is ElementType.TITLE
        headings = self._headings_in_title if begins_with_heading else self._headings
        return next((index for index in headings if index < first), None)

    def _with_descendants(self, predicate: Callable[[Node], bool]) -> set[Node]:
        """Return the elements for which `predicate` holds, and all elements below these."""
        selected: set[Node] = set()
        for node in self._nodes:
            if node.getparent() in selected or predicate(node):
                selected.add(node)
        return selected

    def _is_skip_link(self, block: Block) -> bool:
        """Return whether a block is a link right beside the content, in no part of its own."""
        is_link = block.linked >= len(block.text.strip()) and block.type is ElementType.PARAGRAPH
        return is_link and block.node in self._path and block.node is not self._content

    def _is_declared_boilerplate(self, node: Node) -> bool:
        stats = self._stats[node]
        if node in self.landmarks or (stats.is_notice and name_of(node) in _NOTICES):
            return True
        is_small = stats.plain < self._max_named
        return not stats.has_heading and is_small and is_named_boilerplate(node)

    def _is_boilerplate(self, node: Node) -> bool:
        stats, name = self._stats[node], name_of(node)
        if node in self._path:
            return False
        if node in self._declared:
            return True
        if node.getparent() in self._next_on_path:
            return self._looks_like_boilerplate(node, name, stats)
        # Within the content only lists of links are set aside.
        is_list = is_part(name) and name not in _KEPT_IN_CONTENT and stats.is_link_list
        if not is_list or stats.text > _MAX_LINK_LIST * self._stats[self._content].text:
            return False
        return not stats.has_heading and not belongs_to_text(node, name)

    def _looks_like_boilerplate(self, node: Node, name: str, stats: TextStats) -> bool:
        """Return whether a part beside the path is boilerplate."""
        if self._main is not None:
            return True
        if not is_part(name) or holds_notes(node):
            return False
        if stats.text and stats.linked >= _NAVIGATION_LINKED * stats.text:
            # A long list of links below a short introduction is what the page is for.
            is_most = stats.text > _MAX_LINK_LIST * self._stats[self._root].text
            on_path = self._next_on_path[node.getparent()]
            return not (is_most and self._order[node] > self._order[on_path])
        if stats.has_heading or name in LISTS or self._is_like_content(node):
            return False
        if stats.text < _MAX_SHORT and not stats.solid:
            return True
        return stats.text < MAX_NOTICE and (stats.mentions_cookies or stats.is_legal)

    @cached_property
    def _order(self) -> dict[Node, int]:
        return {node: index for index, node in enumerate(self._nodes)}

    def _is_like_content(self, node: Node) -> bool:
        """Return whether a part is a section, or of the kind of the part on the path.

        Such a part is another chapter, or another post of a thread.
        """
        name = name_of(node)
        if name == "section" or "section" in (node.get("class") or "").split():
            return True
        on_path = self._next_on_path[node.getparent()]
        return (
            name not in CELLS
            and node.tag == on_path.tag
            and are_same_kind(node.get("class"), on_path.get("class"))
        )
