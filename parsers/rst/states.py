"""Parse reStructuredText by docutils, tolerantly and without a trace in docutils' global state.

docutils rejects directives and roles that it does not know, and those of Sphinx are full of text.
The classes here are its own state machine with two decisions of ours: what a directive becomes
(`vouch.parsers.rst.directives`), and what a role becomes (`vouch.parsers.rst.roles`). Nothing is
registered in docutils, so that a document never depends on the documents before it, and a program
that uses docutils itself is not affected.
"""

import re
from contextlib import suppress
from functools import cache
from types import SimpleNamespace

from docutils import nodes
from docutils.frontend import Values, get_default_settings
from docutils.parsers import rst
from docutils.parsers.rst import states
from docutils.transforms.references import (
    AnonymousHyperlinks,
    ExternalTargets,
    Footnotes,
    IndirectHyperlinks,
)
from docutils.utils import new_document

from vouch.parsers.rst.directives import run_directive
from vouch.parsers.rst.docutils_types import Node, State
from vouch.parsers.rst.roles import role_node

MAX_DEPTH = 30  # constructs inside constructs; docutils recurses, and what is deeper is paragraphs
_SCHEMES = ("http", "https", "ftp", "mailto")
_SETTINGS = {
    # No second file is read, and no output format's own markup is let through.
    "file_insertion_enabled": False,
    "raw_enabled": False,
    # Whatever is wrong with a document, its text is kept and nothing is printed.
    "halt_level": 5,
    "report_level": 5,
    "warning_stream": False,
    # docutils would not parse a document that has a longer line at all.
    "line_length_limit": 1 << 40,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "language_code": "en",
}
# Each resolves references of one kind. Substitutions are expanded, with a limit, by the writer.
_TRANSFORMS = (IndirectHyperlinks, Footnotes, ExternalTargets)


def doctree(text: str) -> nodes.document:
    """Return docutils' tree of a text, with footnotes and references resolved."""
    settings = _settings().copy()
    document = new_document("", settings)
    parser = rst.Parser(inliner=_Inliner())
    parser.state_classes = _STATES
    parser.parse(text, document)
    # Where their numbers differ, docutils would show all of these references as errors.
    if _anonymous(document, nodes.reference) == _anonymous(document, nodes.target):
        AnonymousHyperlinks(document).apply()
    _keep_initials(document)
    _write_missing_notes(document)
    for transform in _TRANSFORMS:
        with suppress(RecursionError):  # thousands of names that lead to one another
            transform(document).apply()
    return document


def _keep_initials(document: Node) -> None:
    """Turn a list of one lettered item into a paragraph with its letter.

    docutils takes "A. Einstein was" for the first item of a list.
    """
    for listing in reversed([*document.findall(nodes.enumerated_list)]):
        if listing["enumtype"] == "arabic" or len(listing.children) != 1:
            continue
        blocks = [
            child for child in listing[0].children if not isinstance(child, nodes.system_message)
        ]
        if [type(block) for block in blocks] == [nodes.paragraph]:
            state: State = states.Body
            label, _ = state.make_enumerator(
                state, listing.get("start", 1), listing["enumtype"], "period"
            )
            label = f"{listing['prefix']}{label.rstrip('. ')}{listing['suffix']} "
            listing.replace_self(nodes.paragraph("", "", nodes.Text(label), *blocks[0].children))


def _write_missing_notes(document: Node) -> None:
    """Write numbered references without a footnote as text, as docutils does, but in linear time.

    docutils searches the paragraph for each of them.
    """
    unnamed = [ref for ref in document.autofootnote_refs if "refname" not in ref]
    notes = sum(not note["names"] for note in document.autofootnotes)
    missing = {id(ref): ref for ref in unnamed[notes:]}
    for parent in {id(ref.parent): ref.parent for ref in missing.values()}.values():
        parent.children = [
            nodes.Text(child.rawsource) if id(child) in missing else child
            for child in parent.children
        ]
    document.autofootnote_refs = [
        ref for ref in document.autofootnote_refs if id(ref) not in missing
    ]


def _anonymous(document: Node, kind: type) -> int:
    return sum("anonymous" in node for node in document.findall(kind))


@cache
def _settings() -> Values:
    settings = get_default_settings(rst.Parser)  # reads no configuration file
    for name, value in _SETTINGS.items():
        setattr(settings, name, value)
    return settings


class _Inliner(states.Inliner):
    """Reads inline markup; every role has a text.

    An end-string that is missing once is not searched for again in the same text, so that a text
    full of start-strings takes docutils no quadratic time. Names and addresses have bounded lengths
    for the same reason: docutils tries one at each hyphen, and each to the end of the text.
    """

    simplename = r"(?:(?!_)\w)++(?:[-._+:](?:(?!_)\w)++){0,40}+"
    email_pattern = r"""
        %(emailc)s{1,64}+(?:\.%(emailc)s{1,64}+){0,8}  # name
        (?<!\x00)@
        %(emailc)s{1,64}(?:\.%(emailc)s{0,63}){0,20}  # host
        %(uri_end)s
        """

    def init_customizations(self, settings: Values) -> None:
        super().init_customizations(settings)
        scheme = "[a-zA-Z0-9.+-]"
        uri = self.patterns.uri.pattern.replace(f"{scheme}*", f"{scheme}{{0,30}}+")
        self.patterns.uri = re.compile(uri, re.VERBOSE)

    def parse(
        self, text: str, lineno: int, memo: State, parent: Node
    ) -> tuple[list[Node], list[Node]]:
        self._missing: set[re.Pattern[str]] = set()
        elements: tuple[list[Node], list[Node]] = super().parse(text, lineno, memo, parent)
        return elements

    def inline_obj(
        self,
        match: re.Match[str],
        lineno: int,
        end_pattern: re.Pattern[str],
        nodeclass: Node,
        restore_backslashes: bool = False,
    ) -> tuple[str, list[Node], str, list[Node], str]:
        if end_pattern in self._missing:
            return (*self._unmarked(match, "start"), "")
        before, elements, after, messages, sign = super().inline_obj(
            match, lineno, end_pattern, nodeclass, restore_backslashes
        )
        if messages and end_pattern.search(match.string, match.end("start")) is None:
            self._missing.add(end_pattern)
        return before, [*elements], after, [*messages], sign

    def interpreted_or_phrase_ref(
        self, match: re.Match[str], lineno: int
    ) -> tuple[str, list[Node], str, list[Node]]:
        end = self.patterns.interpreted_or_phrase_ref
        if end in self._missing:
            return self._unmarked(match, "backquote")
        before, elements, after, messages = super().interpreted_or_phrase_ref(match, lineno)
        if messages and end.search(match.string, match.end("backquote")) is None:
            self._missing.add(end)
        return before, elements, after, messages

    def _unmarked(
        self, match: re.Match[str], group: str
    ) -> tuple[str, list[Node], str, list[Node]]:
        """Return a start-string as text, in the form of docutils' methods."""
        return match.string[: match.end(group)], [], match.string[match.end(group) :], []

    # docutils calls these functions with the inliner itself.
    dispatch: Node = states.Inliner.dispatch | {"`": interpreted_or_phrase_ref}

    def interpreted(
        self, rawsource: str, text: str, role: str, lineno: int
    ) -> tuple[list[Node], list[Node]]:
        return [role_node(role or "", text, self.document.settings)], []

    def implicit_inline(self, text: str, lineno: int) -> list[Node]:
        """Return text with its bare addresses as references.

        docutils recurses here for each address, and fails on a paragraph of hundreds.
        """
        elements: list[Node] = []
        end = 0
        if ":" not in text and "@" not in text:
            return [nodes.Text(text)] if text else elements
        for match in self.patterns.uri.finditer(text):
            if (match["scheme"] or "mailto").lower() not in _SCHEMES:
                continue
            if match.start() > end:
                elements.append(nodes.Text(text[end : match.start()]))
            elements += self.standalone_uri(match, lineno)
            end = match.end()
        return [*elements, nodes.Text(text[end:])] if end < len(text) else elements


# docutils fills its patterns with parts that it takes from the inliner's own class only.
for _name, _part in vars(states.Inliner).items():
    if isinstance(_part, str) and not _name.startswith("__") and _name not in vars(_Inliner):
        setattr(_Inliner, _name, _part)


class _Tolerant:
    """What each of docutils' states does differently."""

    nested_sm_cache: list[object] = []  # not shared with docutils' own states  # noqa: RUF012

    def __init__(self, state_machine: State, debug: bool = False) -> None:
        super().__init__(state_machine, debug)  # type: ignore[call-arg]
        self.nested_sm_kwargs = {"state_classes": _STATES, "initial_state": "Body"}

    def directive(self, match: re.Match[str], **presets: str) -> tuple[list[Node], bool]:
        return run_directive(self, match, presets)

    def nested_parse(
        self: State,
        block: State,
        input_offset: int,
        node: Node = None,
        *args: object,
        **options: object,
    ) -> int:
        memo = self.memo
        memo.depth = getattr(memo, "depth", 0) + 1
        try:
            if memo.depth > MAX_DEPTH and node is not None:
                for text in re.split(r"\n\s*\n", "\n".join(block)):
                    node += nodes.paragraph("", text.strip())
                return int(input_offset) + len(block)
            return int(super().nested_parse(block, input_offset, node, *args, **options))  # type: ignore[misc]
        finally:
            memo.depth -= 1


def _tolerant(state: type) -> type:
    # The machine finds its states by their names.
    return type(state.__name__, (_Tolerant, state), {})


# docutils lists the functions of explicit markup before any subclass can replace them.
_Tolerant.explicit = SimpleNamespace(  # type: ignore[attr-defined]
    **vars(states.Body.explicit)
    | {
        "constructs": [
            (_Tolerant.directive if function is states.Body.directive else function, pattern)
            for function, pattern in states.Body.explicit.constructs
        ]
    }
)
_STATES = tuple(_tolerant(state) for state in states.state_classes)
