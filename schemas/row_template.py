"""The templates that make texts of rows: Jinja in a sandbox, without anything that could run for ever."""

from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

_WHOLE_ROW = "row"


class RowEnvironment(SandboxedEnvironment):
    """Loops can only go over what stands in the row: there is no `range`, no macro that calls itself, and `*` and `**`
    make no long texts and no huge numbers.
    """

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined)
        self.globals.clear()

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - as jinja2 declares it
        if operator == "**" or any(
            isinstance(value, str | list | tuple | dict) for value in (left, right)
        ):
            raise SecurityError(
                f"a template may multiply numbers only, and knows no powers: {operator}"
            )
        return super().call_binop(context, operator, left, right)


def check_template(source: str) -> None:
    """Raise `ValueError` for a template that cannot be read, or that holds what rows' templates may not."""
    try:
        tree = RowEnvironment().parse(source)
    except TemplateError as error:
        raise ValueError(f"this is not a template: {error}") from error
    refused = (
        nodes.Macro,
        nodes.CallBlock,
        nodes.Include,
        nodes.Import,
        nodes.FromImport,
        nodes.Extends,
    )
    found = next(tree.find_all(refused), None)
    if found is not None:
        raise ValueError(
            f"line {found.lineno}: a row's template may not hold {type(found).__name__.lower()}"
        )
    if not columns_shown(source):
        raise ValueError(
            "it names no column, so that all rows would have the same text; write {{ column }}"
        )


def columns_shown(source: str) -> frozenset[str]:
    """The columns that a template names, as `{{ column }}` or `{{ row["a column"] }}`."""
    tree = RowEnvironment().parse(source)
    names = {
        name.name
        for name in tree.find_all(nodes.Name)
        if name.ctx == "load" and name.name != _WHOLE_ROW
    }
    items = {
        str(item.arg.value)
        for item in tree.find_all(nodes.Getitem)
        if _of_row(item) and isinstance(item.arg, nodes.Const)
    }
    return frozenset(
        names | items | {one.attr for one in tree.find_all(nodes.Getattr) if _of_row(one)}
    )


def _of_row(node: nodes.Getitem | nodes.Getattr) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == _WHOLE_ROW
