"""Settings: what is wrong is named by key and line, with the nearest right key, before any work."""

from pathlib import Path

import pytest

from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings_yaml import SettingsText

GOOD = "sources:\n  - name: docs\n    path: docs\n"


def settings(text: str):
    return SettingsText(text).settings()


def test_all_but_the_sources_has_a_default():
    read = settings(GOOD)
    assert read.sources[0].name == "docs"
    assert read.embedding.model == "all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "chunking:\n  max_tokns: 5\n", "line 5: chunking.max_tokns is not a key that Vouch knows; did you mean max_tokens?"),
        (GOOD + "    incldue: ['*']\n", "line 4: sources.0.incldue is not a key that Vouch knows; did you mean include?"),
        (GOOD + "zzz: 1\n", "line 4: zzz is not a key that Vouch knows; known here are sources, parsing"),
        (GOOD + "parsing:\n\n  workers: many\n", "line 6: parsing.workers: Input should be a valid integer"),
        (GOOD + "parsing: {workers: 0}\n", "line 4: parsing.workers: Input should be greater than or equal to 1"),
        (GOOD + "embedding: {precision: int8}\n", "line 4: embedding.precision: Input should be 'auto', 'float32' or 'bfloat16', got"),
        ("sources:\n  - name: docs\n", "line 2: sources.0.path is missing; it has no default"),
        ("sources:\n  - {name: a, path: x}\n  - {name: a, path: y}\n", "line 1: sources: two sources have the name a"),
        ("sources:\n  - {name: A b, path: x}\n", "line 2: sources.0.name: String should match pattern"),
        ("sources: []\n", "line 1: sources: Tuple should have at least 1 item"),
        ("chunking: {}\n", "line 1: sources is missing"),
        ("sources: [", "line 1: this is not YAML"),
        ("- a\n", "must hold keys and values"),
        ("", "must hold keys and values"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, message: str):
    with pytest.raises(SettingsError) as raised:
        settings(text)
    assert message in str(raised.value)


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(SettingsError) as raised:
        settings(GOOD + "parsing: {wrkers: 1, timeout_s: soon}\nfoo: 1\n")
    assert [line.split(": ")[1].split(" ")[0] for line in str(raised.value).splitlines()] == [
        "parsing.timeout_s",
        "parsing.wrkers",
        "foo",
    ]


def test_a_missing_folder_is_refused_with_the_nearest_one(tmp_path: Path):
    (tmp_path / "documents").mkdir()
    file = tmp_path / "vouch.yaml"
    file.write_text("sources:\n  - name: docs\n    path: documets\n")
    with pytest.raises(
        SettingsError, match=r"vouch.yaml, line 3: sources.0.path: .*did you mean .*documents\?"
    ):
        read_settings(file)


def test_a_missing_file_says_what_to_do(tmp_path: Path):
    with pytest.raises(SettingsError, match="vouch init"):
        read_settings(tmp_path / "vouch.yaml")
