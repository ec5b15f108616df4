"""Rearrange Markdown tokens into the order in which a reader reads them.

Footnotes come where they are referred to, terms with their definitions, HTML tables in one piece.
"""

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

_MAX_TABLE = 500  # tokens
# Blocks that are added as a whole: a note that is referred to within one follows it.
_WHOLE_BLOCKS = ("paragraph_open", "heading_open", "table_open", "dt_open")


def notes_in_place(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with each footnote behind the block that refers to it.

    Notes without a reference are at the end.
    """
    body, notes = _split_notes(tokens)
    placed = list(_placed(body, notes))
    while notes:
        placed += _placed(notes.pop(next(iter(notes))), notes)
    return placed


def _split_notes(tokens: Sequence[Token]) -> tuple[list[Token], dict[str, list[Token]]]:
    """Return the tokens outside of footnotes, and those of each footnote by its label."""
    body: list[Token] = []
    notes: dict[str, list[Token]] = {}
    targets = [body]
    for token in tokens:
        if token.type == "footnote_reference_open":
            targets.append(notes.setdefault(str(token.meta["label"]), []))
        elif token.type == "footnote_reference_close":
            targets.pop()
        else:
            targets[-1].append(token)
    return body, notes


def _placed(tokens: Sequence[Token], notes: dict[str, list[Token]]) -> Iterator[Token]:
    """Yield tokens and the notes that they refer to, which are removed from `notes`.

    Without recursion, because a hostile page may have a long chain of notes that refer to notes.
    """
    waiting = [iter(tokens)]
    due: list[list[Token]] = []
    whole: list[str] = []  # closing tokens of the open blocks that are added as a whole
    while waiting:
        token = next(waiting[-1], None)
        if token is None:
            waiting.pop()
            continue
        yield token
        for child in token.children or ():
            if child.type == "footnote_ref" and (label := str(child.meta["label"])) in notes:
                due.append(notes.pop(label))
        if token.type in _WHOLE_BLOCKS:
            whole.append(token.type.replace("_open", "_close"))
        elif whole and token.type == whole[-1]:
            whole.pop()
        if due and not whole:
            waiting += [iter(note) for note in reversed(due)]
            due = []


def with_terms(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens with each term of a definition list in the paragraph that defines it.

    The paragraph reads `term: definition`.
    """
    terms: list[Token] = []
    for number, token in enumerate(tokens):
        before = [previous.type for previous in tokens[max(0, number - 2) : number]]
        if token.type == "inline" and before[-1:] == ["dt_open"]:
            terms += [*([_plain(", ")] if terms else []), *(token.children or ())]
            continue
        if terms and token.type == "inline" and before == ["dd_open", "paragraph_open"]:
            token.children = [*terms, _plain(": "), *(token.children or ())]
            terms = []
        elif terms and before[-1:] == ["dd_open"] and token.type != "paragraph_open":
            yield Token("inline", "", 0, children=terms)
            terms = []
        yield token


def with_whole_tables(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens with each HTML table as one, where empty lines split it into HTML blocks."""
    number = 0
    while number < len(tokens):
        token = tokens[number]
        end, depth = number + 1, _open_tables(token)
        last = min(len(tokens), number + _MAX_TABLE)
        while depth > 0 and end < last and tokens[end].type in ("html_block", "code_block"):
            depth += _open_tables(tokens[end])
            end += 1
        if end > number + 1 and depth <= 0:
            token.content = "\n".join(part.content for part in tokens[number:end])
            number = end - 1
        yield token
        number += 1


def _open_tables(token: Token) -> int:
    if token.type not in ("html_block", "code_block"):
        return 0
    content = token.content.lower()
    return content.count("<table") - content.count("</table")


def _plain(text: str) -> Token:
    return Token("text", "", 0, content=text)
