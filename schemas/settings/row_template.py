"""Templates for texts of rows: Jinja in a sandbox, without anything that could run forever."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import do_format
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
# What fills a text up to a width; the number may come from a row.
_FILLING_METHODS = {"ljust", "rjust", "center", "zfill", "expandtabs"}
# Filters that do, with the number of arguments before the width.
_FILLING_FILTERS = {"center": 1, "indent": 1, "batch": 1, "slice": 1, "tojson": 2}
_MAX_WIDTH = 1000
_REFUSED_WIDTH = f"a template may fill up to {_MAX_WIDTH:,} characters only"
# A format with such a width, or with one from its values.
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{4}|\*)|\{[^{}]*:[^{}]*(?:\d{4}|\{)")


class RowEnvironment(SandboxedEnvironment):
    """A Jinja environment in which rendering is bounded by the size of the row.

    Loops only run over values of the row, because there is no `range`; `*` multiplies numbers
    only and `**` is refused, because both could make huge texts or numbers. Nothing fills a text
    up to more than a thousand characters.
    """

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        # A misspelt column must be an error, not an empty text in every document.
        super().__init__(undefined=StrictUndefined)
        # jinja2's own globals include `range` and `lipsum`.
        self.globals.clear()
        for name, before in _FILLING_FILTERS.items():
            self.filters[name] = _filling_little(self.filters[name], before)
        self.filters["format"] = _format

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as jinja2 declares it
        is_of_text = isinstance(getattr(obj, "__self__", None), str)
        if is_of_text and getattr(obj, "__name__", "") in _FILLING_METHODS:
            _refuse_widths(*args, *kwargs.values())
        return super().call(context, obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ANN401 - as jinja2 declares it
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            _refuse_wide(value.__self__)
        return wrapped

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - as jinja2 declares it
        if operator == "%":
            _refuse_wide(left)
        elif operator == "**" or any(
            isinstance(value, str | list | tuple | dict) for value in (left, right)
        ):
            raise SecurityError(
                f"a template may multiply numbers only, and has no powers: {operator}"
            )
        return super().call_binop(context, operator, left, right)


def _filling_little(function: Callable[..., Any], before: int) -> Callable[..., Any]:
    """Return a filter that refuses a great number past its first arguments."""

    # Jinja keeps in attributes of a filter what it needs before the value.
    @wraps(function)
    def filling_little(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the filter
        _refuse_widths(*args[before:], *kwargs.values())
        return function(*args, **kwargs)

    return filling_little


def _format(value: str, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - as jinja2's filter
    """Fill in a format in the manner of C, as jinja2's filter of this name does."""
    _refuse_wide(value)
    return do_format(value, *args, **kwargs)


def _refuse_widths(*values: object) -> None:
    if any(isinstance(value, int) and value > _MAX_WIDTH for value in values):
        raise SecurityError(_REFUSED_WIDTH)


def _refuse_wide(value: object) -> None:
    if isinstance(value, str) and _WIDE.search(value):
        raise SecurityError(_REFUSED_WIDTH)


def checked_template(source: str) -> str:
    """Return a template, or raise `ValueError` where it is invalid or not allowed for rows."""
    try:
        tree = RowEnvironment().parse(source)
    except TemplateError as error:
        raise ValueError(f"this is not a valid template: {error}") from error
    except RecursionError as error:
        raise ValueError("this template is nested too deeply") from error
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
