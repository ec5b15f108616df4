"""Templates for texts of rows: Jinja in a sandbox, without anything that could run forever."""

from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

_WHOLE_ROW = "row"
# Macros can call themselves without end; the others read templates from somewhere else.
_REFUSED_NODES = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
)


class RowEnvironment(SandboxedEnvironment):
    """A Jinja environment in which rendering is bounded by the size of the row.

    Loops only run over values of the row, because there is no `range`; `*` multiplies numbers
    only and `**` is refused, because both could make huge texts or numbers.
    """

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        # A misspelt column must be an error, not an empty text in every document.
        super().__init__(undefined=StrictUndefined)
        # jinja2's own globals include `range` and `lipsum`.
        self.globals.clear()

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - as jinja2 declares it
        if operator == "**" or any(
            isinstance(value, str | list | tuple | dict) for value in (left, right)
        ):
            raise SecurityError(
                f"a template may multiply numbers only, and has no powers: {operator}"
            )
        return super().call_binop(context, operator, left, right)


def checked_template(source: str) -> str:
    """Return a template, or raise `ValueError` where it is invalid or not allowed for rows."""
    try:
        tree = RowEnvironment().parse(source)
    except TemplateError as error:
        raise ValueError(f"this is not a valid template: {error}") from error
    refused = next(tree.find_all(_REFUSED_NODES), None)
    if refused is not None:
        raise ValueError(
            f"line {refused.lineno}: a row's template may not use {type(refused).__name__.lower()}"
        )
    if not columns_shown(source):
        raise ValueError(
            "it names no column, so that all rows would have the same text; add {{ column }}"
        )
    return source


def columns_shown(source: str) -> frozenset[str]:
    """Return the columns that a template names, as `{{ column }}` or `{{ row["a column"] }}`."""
    tree = RowEnvironment().parse(source)
    names = {
        node.name
        for node in tree.find_all(nodes.Name)
        if node.ctx == "load" and node.name != _WHOLE_ROW
    }
    items = {
        str(node.arg.value)
        for node in tree.find_all(nodes.Getitem)
        if _is_of_row(node) and isinstance(node.arg, nodes.Const)
    }
    attributes = {node.attr for node in tree.find_all(nodes.Getattr) if _is_of_row(node)}
    return frozenset(names | items | attributes)


def _is_of_row(node: nodes.Getitem | nodes.Getattr) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == _WHOLE_ROW
