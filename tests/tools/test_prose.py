"""The prose linter: what it reads of each kind of file, and what it leaves alone."""

from textwrap import dedent

import pytest

from tools.prose import Rules, check, files, main

RULES = Rules.load()


def words(text: str, path: str = "example.py") -> list[tuple[int, str]]:
    return [(line, word) for _, line, word, _ in check(path, dedent(text).lstrip(), RULES)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""Return what was told."""', (1, "told")),
        ('def f():\n    """Return rows.\n\n    They are made anew.\n    """', (4, "anew")),
        ("x = 1  # the run goes on", (1, "goes on")),
        ("# the run goes\n# on", (1, "goes on")),
        ('raise ValueError(f"{x} cannot be mended")', (1, "mended")),
        ('x = Field(description="Where it stands")', (1, "stands")),
        ('x = Option(help="Listed no more")', (1, "Listed no more")),
        ('log.info("the run goes on")', (1, "goes on")),
        ("def test_what_is_told(): ...", (1, "told")),
        ("told_at = 1", (1, "told_at")),
        ("for one in rows: ...", (1, "one")),
        ("def f(_one): ...", (1, "_one")),
        ('"""returns rows."""', (1, "returns")),
    ],
)
def test_a_private_word_in_python_is_reported_with_its_line(text: str, expected: tuple[int, str]):
    assert expected in words(text)


@pytest.mark.parametrize(
    "text",
    [
        '"""Return rows that a `told` column names."""',
        '"""Return the rows while the lock is held."""',
        'x = "told"',
        r'x = r"(?:told|held) by \w+"',
        "print(told)",
        "def __eq__(self, other): ...",
        "told = 1  # prose: allow",
        "# One for each shard.",
    ],
)
def test_code_data_and_allowed_phrases_are_left_alone(text: str):
    assert words(text) == []


def test_code_and_links_of_markdown_are_left_alone():
    text = """
        It is told `told` [once](told.md).

        ```sh
        echo told
        ```
        It goes
        on.
        """
    assert words(text, "x.md") == [(1, "told"), (6, "goes on")]


def test_yaml_comments_and_template_text_are_read():
    assert words("told: 1  # told", "x.yaml") == [(1, "told")]
    assert words("<p class='told'>{{ told }} told</p>", "x.j2") == [(1, "told")]


def test_strings_of_tests_are_data():
    assert words('x = "an answer that was told"', "tests/test_x.py") == []


def test_only_named_paths_are_read_and_samples_never():
    assert "tools/prose.py" in files(["tools"], RULES)
    assert not [path for path in files(["."], RULES) if path.startswith("data/")]


def test_the_linter_is_clean_and_says_so(capsys: pytest.CaptureFixture[str]):
    assert main(["tools/prose.py"]) == 0
    assert "nothing to replace" in capsys.readouterr().out
