"""Markdown's tokens in the order and grouping in which a reader takes them up: footnotes, definitions."""

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

_MAX_TABLE = 500  # tokens
# Blocks that are added as a whole: a note within one follows it.
_WHOLE = ("paragraph_open", "heading_open", "table_open", "dt_open")


def notes_in_place(tokens: Sequence[Token]) -> list[Token]:
    """The same tokens in another order; a note that nothing refers to stays behind all others."""
    body, notes = _apart(tokens)
    placed = list(_placed(body, notes))
    while notes:
        placed += _placed(notes.pop(next(iter(notes))), notes)
    return placed


def _apart(tokens: Sequence[Token]) -> tuple[list[Token], dict[str, list[Token]]]:
    body: list[Token] = []
    notes: dict[str, list[Token]] = {}
    into = [body]
    for token in tokens:
        if token.type == "footnote_reference_open":
            into.append(notes.setdefault(str(token.meta["label"]), []))
        elif token.type == "footnote_reference_close":
            into.pop()
        else:
            into[-1].append(token)
    return body, notes


def _placed(tokens: Sequence[Token], notes: dict[str, list[Token]]) -> Iterator[Token]:
    """Without recursion: notes that refer to notes could be many."""
    waiting = [iter(tokens)]
    due: list[list[Token]] = []
    whole: list[str] = []
    while waiting:
        token = next(waiting[-1], None)
        if token is None:
            waiting.pop()
            continue
        yield token
        due += [notes.pop(label) for label in _labels(token) if label in notes]
        if token.type in _WHOLE:
            whole.append(token.type.replace("_open", "_close"))
        elif whole and token.type == whole[-1]:
            whole.pop()
        if due and not whole:
            waiting += [iter(note) for note in reversed(due)]
            due = []


def _labels(token: Token) -> Iterator[str]:
    for child in token.children or ():
        if child.type == "footnote_ref":
            yield str(child.meta["label"])


def with_terms(tokens: Sequence[Token]) -> Iterator[Token]:
    """The same tokens with each term of a definition list in the paragraph that says what it means: `term: meaning`."""
    terms: list[Token] = []
    for number, token in enumerate(tokens):
        before = [one.type for one in tokens[max(0, number - 2) : number]]
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
    """The same tokens with an HTML table as one, where empty lines in it have cut it and all between is HTML."""
    number = 0
    while number < len(tokens):
        token = tokens[number]
        end, depth = number + 1, _open_tables(token)
        last = min(len(tokens), number + _MAX_TABLE)
        while depth > 0 and end < last and tokens[end].type in ("html_block", "code_block"):
            depth += _open_tables(tokens[end])
            end += 1
        if end > number + 1 and depth <= 0:
            token.content = "\n".join(one.content for one in tokens[number:end])
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
