"""What of a query is meant letter by letter, and how far a text contains it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.index.search.identifiers import (
    PART,
    PART_IN_OTHER_CASE,
    WHOLE,
    WHOLE_IN_OTHER_CASE,
    Identifier,
    identifiers,
)

CERTAIN = [
    "snake_case_name", "_private", "__init__", "MAX_RETRY_COUNT",
    "numpy.linalg.eigvalsh", "node.js", "10-main.conf", ".NET", ".gitignore", "C#", "C++", "F#",
    "--dry-run", "-v", "PN-0042", "JIRA-123", "covid-19", "getUserById", "MyClassName",
    "/etc/app/config.d/10-main.conf", "src/main/java", "C:\\Users\\me", "~/.config/app",
    "std::vector", "user@host", "a.b@c.example.org", "https://a.example/b?c=d#e", "@scope/package",
    "1.10.2", "v1.10.2", "2024-03-17", "1,136.50", "02134", "10236", "192.168.0.1",
    "deadbeef01", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
]  # fmt: skip
UNCERTAIN = [
    "well-known",
    "and/or",
    "19th-century",
    "3-dimensional",
    "1945",
    "3D",
    "2.5",
    "50%",
    "-dash",
]
WORDS = [
    "word",
    "it's",
    "l'article",
    "U.S.",
    "e.g.",
    "1990s",
    "21st",
    "GitHub",
    "iPhone",
    "Straße",
    "/this/",
    "/that",
]


def weights(query: str) -> dict[str, float]:
    return {each.text: each.weight for each in identifiers(query)}


@pytest.mark.parametrize("name", CERTAIN)
@pytest.mark.parametrize(
    "query",
    [
        "{}",
        "how do I use {}?",
        "({}), please",
        "**{}** is what",
        "see {}.",
        "`{}` as code",
        "用{}吗",
    ],
)
def test_an_identifier_is_found_among_words(name: str, query: str):
    assert weights(query.format(name)) == {name: 1.0}


@pytest.mark.parametrize("name", UNCERTAIN)
def test_what_may_be_a_word_counts_little_among_words_and_in_full_alone(name: str):
    assert 0 < weights(f"the {name} one")[name] < 0.5
    assert weights(name) == {name: 1.0}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_no_identifier(word: str):
    assert identifiers(f"the {word} one") == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("call getUserById(userId) now", ["getUserById", "userId"]),
        ("std::vector<my_type>", ["std::vector", "my_type"]),
        ("foo_bar,baz_qux;a_b", ["foo_bar", "baz_qux", "a_b"]),
        ('the "exact phrase of it" here', ["exact phrase of it"]),
        ("die „genaue Wendung“ hier", ["genaue Wendung"]),
        ("« mot à mot » ici", ["mot à mot"]),
        ("foo_bar and foo_bar again", ["foo_bar"]),
        ("如何使用snake_case_name呢", ["snake_case_name"]),
        ("ใช้snake_case_nameอย่างไร", ["snake_case_name"]),
        ('"" `` "..." --', []),
        ("", []),
    ],
)
def test_identifiers_of_a_query(query: str, names: list[str]):
    assert [each.text for each in identifiers(query)] == names


@pytest.mark.parametrize(
    ("name", "text", "grade"),
    [
        ("snake_case", "use snake_case.", WHOLE),
        ("snake_case", "use snake_case_name", PART),
        ("snake_case", "Use Snake_Case", WHOLE_IN_OTHER_CASE),
        ("snake_case", "use SNAKE_CASE_NAME", PART_IN_OTHER_CASE),
        ("snake_case", "the snake in the case", 0.0),
        ("linalg.eigh", "numpy.linalg.eigh(a)", PART),
        ("1.10", "version 1.10.2", PART),
        ("1.10", "version 1.10.", WHOLE),
        ("1.10", "version 11.10", PART),
        ("C#", "in C#, and C", WHOLE),
        ("C#", "in C and c", 0.0),
        (".NET", "on .NET 8", WHOLE),
        (".NET", "on ASP.NET", PART),
        ("--dry-run", "cmd --dry-run=server", WHOLE),
        ("dry-run", "cmd --dry-run", WHOLE),
        ("std::vector", "std::vector<int>", WHOLE),
        ("vector", "std::vector", PART),
        ("foo_bar", "使用foo_bar呢", WHOLE),
        ("two words", "with two\nwords", WHOLE),
        ("a+b", "aab", 0.0),
    ],
)
def test_a_text_contains_a_whole_identifier_or_a_part_of_a_longer_one(
    name: str, text: str, grade: float
):
    assert Identifier(name).grade(text) == grade


@given(st.text(max_size=200))
@settings(max_examples=100)
def test_any_query_is_read_and_contains_its_own_identifiers(query: str):
    for identifier in identifiers(query):
        assert identifier.grade(query) > 0
