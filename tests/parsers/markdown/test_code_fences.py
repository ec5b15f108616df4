"""Detection of the lines of a Markdown text that are code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.markdown.code_fences import fenced_lines, runs


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", []),
        ("```\na\n```", ["```", "a", "```"]),
        ("a\n```\nb\n", ["```", "b", ""]),
        ("a\n- ~~~ x\n```\n~~~~\nb", ["- ~~~ x", "```", "~~~~"]),
        ("``` `a`\nb", []),
        ("````\n```\n````\n```\n", ["````", "```", "````", "```", ""]),
    ],
)
def test_lines_of_fenced_code(text: str, code: list[str]) -> None:
    assert [line for line, is_code in fenced_lines(text) if is_code] == code


@given(
    st.lists(
        st.sampled_from(["a", "\n", "```", "~~~", "````\n", " ", "- ", "\n```\n"]), max_size=30
    ).map("".join)
)
def test_runs_and_lines_add_up_to_the_text(text: str) -> None:
    assert "\n".join(run for run, _ in runs(text)) == text
    assert [line for line, _ in fenced_lines(text)] == text.split("\n")
