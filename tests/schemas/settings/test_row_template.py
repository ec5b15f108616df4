"""Row templates: what they may contain, and which columns they show."""

import pytest

from vouch.schemas.settings.row_template import RowEnvironment, checked_template, columns_shown


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("hello", "it names no column"),
        ("{{ name", "this is not a valid template"),
        ("{% macro a() %}{{ x }}{% endmacro %}", "may not use macro"),
        ("{% include name %}", "may not use include"),
        ("{% extends 'x' %}{{ a }}", "may not use extends"),
    ],
)
def test_a_template_that_is_not_allowed_is_refused(template: str, message: str):
    with pytest.raises(ValueError, match=message):
        checked_template(template)


def test_columns_are_named_directly_or_through_the_row():
    template = "{{ a }} {{ row['b c'] }} {{ row.d }} {% for x in row[a] %}{{ x }}{% endfor %}"
    assert columns_shown(template) == {"a", "b c", "d", "x"}


@pytest.mark.parametrize("template", ["{{ a * 1000 }}", "{{ [1] * 1000 }}", "{{ 9 ** 9 }}"])
def test_nothing_makes_a_huge_text_or_number(template: str):
    with pytest.raises(Exception, match="may multiply numbers only"):
        RowEnvironment().from_string(template).render(a="text")


def test_loops_run_over_values_of_the_row_only():
    with pytest.raises(Exception, match="'range' is undefined"):
        RowEnvironment().from_string("{% for i in range(9) %}{{ a }}{% endfor %}").render(a=1)
