"""Inline elements of docutils' tree, as the text that a reader of the rendered page sees."""

from collections.abc import Sequence
from itertools import zip_longest

from docutils import nodes

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html.tree import add_html
from vouch.parsers.common.links import Linked, LinkedTextBuilder, target_of
from vouch.parsers.common.text.scripts import lowered, raised
from vouch.parsers.rst.docutils_types import Node

# Characters that substitutions may add to a document; nested ones can grow exponentially.
_MAX_SUBSTITUTED = 250_000
_SCRIPTS = {nodes.superscript: raised, nodes.subscript: lowered}


class Inlines:
    """Reads the inline elements of one document.

    Footnotes that these refer to are appended to `pending_notes`.
    """

    def __init__(self, document: nodes.document) -> None:
        self._document = document
        self._linked = LinkedTextBuilder()
        self._is_verbatim = False
        self._open_substitutions: list[str] = []
        self._substituted = 0
        self.pending_notes: list[Node] = []

    def text(self, *pieces: Node | str, is_verbatim: bool = False) -> Linked:
        """Return pieces as one text with its links; white space is kept where `is_verbatim`."""
        self._is_verbatim = is_verbatim
        for piece in pieces:
            if isinstance(piece, str):
                self._linked.add(piece)
            else:
                self._add(piece)
        return self._linked.take()

    def _add_all(self, children: Sequence[Node]) -> None:
        following: Node | None
        for child, following in zip_longest(children, children[1:]):
            if isinstance(child, nodes.Text) and self._note(following) is not None:
                self._linked.add(self._shown(child).rstrip())
            elif write := _SCRIPTS.get(type(child)):
                after = self._shown(following) if isinstance(following, nodes.Text) else ""
                self._linked.add(write(self._linked.end, child.astext(), after))
            else:
                self._add(child)

    def _add(self, node: Node) -> None:
        handler = getattr(self, f"_{node.tagname.strip('#')}", None)
        if handler is not None:
            handler(node)
        elif not isinstance(node, nodes.Invisible) or isinstance(node, nodes.target):
            self._add_all(node.children)

    def _text(self, node: Node) -> None:
        self._linked.add(self._shown(node))

    def _shown(self, node: Node) -> str:
        text: str = node.astext()
        return text if self._is_verbatim else text.replace("\n", " ")

    def _reference(self, node: Node) -> None:
        """Add a reference; a name with `_` behind it that leads nowhere is text."""
        if not node.rawsource.startswith(("`", "|")) and not self._leads_somewhere(node):
            self._linked.add(node.rawsource or node.astext())
            return
        self._linked.open(target_of(node.get("refuri")))
        self._add_all(node.children)
        self._linked.close()

    def _leads_somewhere(self, node: Node) -> bool:
        if "refuri" in node or "refid" in node:
            return True
        return node.get("refname") in self._document.nameids

    def _note(self, node: Node | None) -> Node | None:
        """Return the footnote that an element refers to, if it does."""
        if not isinstance(node, nodes.footnote_reference):
            return None
        return self._document.ids.get(node.get("refid"))

    def _footnote_reference(self, node: Node) -> None:
        """Add nothing where the note is known: it is written after the block."""
        note = self._note(node)
        if note is None:
            self._linked.add(node.rawsource.removesuffix("_"))
        else:
            self.pending_notes.append(note)

    def _citation_reference(self, node: Node) -> None:
        self._linked.add(f"[{node.astext()}]")

    def _image(self, node: Node) -> None:
        self._linked.add(node.get("alt", ""))

    def _line_block(self, node: Node) -> None:
        for number, line in enumerate(node.children):
            if number:
                self._linked.add("\n")
            self._add(line)

    def _system_message(self, node: Node) -> None:
        """Add nothing: it is about text that is kept."""

    def _raw(self, node: Node) -> None:
        """Add the text of HTML, or what is written for another output format."""
        if "html" not in node["format"].split():
            self._linked.add(node.astext())
            return
        builder = DocumentBuilder()
        add_html(builder, node.astext())
        self._linked.add(builder.build().text)

    def _substitution_reference(self, node: Node) -> None:
        """Add the text of `|name|`; the reference itself where it is undefined or circular."""
        definitions, written = self._document.substitution_defs, node["refname"]
        name = (
            written
            if written in definitions
            else self._document.substitution_names.get(nodes.fully_normalize_name(written), "")
        )
        if (
            name not in definitions
            or name in self._open_substitutions
            or self._substituted > _MAX_SUBSTITUTED
        ):
            self._linked.add(f"|{node.astext()}|")
            return
        self._open_substitutions.append(name)
        self._substituted += len(definitions[name].astext()) + 1
        self._add_all(definitions[name].children)
        self._open_substitutions.pop()
