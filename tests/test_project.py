"""What holds for the project as a whole: docs name every command and room, nobody else owns our package names."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer

from vouch.cli import app

ROOT = Path(__file__).parent.parent
ROOMS = (
    "flows",
    "sources",
    "parsers",
    "validators",
    "schemas",
    "embedders",
    "index",
    "reports",
    "vouch",
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_distribution_owns_a_rooms_name(room: str):
    assert set(packages_distributions().get(room, [])) <= {"vouch-pipeline"}


@pytest.mark.parametrize("command", sorted(typer.main.get_command(app).commands))
def test_every_command_is_in_the_readme(command: str):
    assert re.search(
        rf"vouch {command}\b|`vouch {command}`", (ROOT / "README.md").read_text("utf-8")
    )


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_every_dependency_earns_its_line_and_is_locked(requirement: str):
    name = re.split(r"[\[<>=]", requirement)[0]
    assert f"`{name}`" in (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert re.search(
        rf"^{name.replace('-', '[-_]')}==",
        (ROOT / "requirements.lock").read_text("utf-8"),
        re.I | re.M,
    )


def test_every_parser_is_in_the_architecture():
    from vouch.parsers.registry import PARSERS

    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert [parser.name for parser in PARSERS if f"`{parser.name}`" not in text] == []


def test_it_is_never_uploaded():
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]
