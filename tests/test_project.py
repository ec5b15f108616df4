"""What holds for the project as a whole: its package name, its dependencies, its licence."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from vouch.parsers.registry import PARSERS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_no_other_distribution_installs_a_package_named_vouch():
    assert set(packages_distributions()["vouch"]) == {"vouch-pipeline"}


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_every_dependency_has_a_reason_in_the_architecture_and_is_locked(requirement: str):
    name = re.split(r"[\[<>=;]", requirement)[0]
    assert f"`{name}`" in (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert re.search(
        rf"^{name.replace('-', '[-_]')}==",
        (ROOT / "requirements.lock").read_text("utf-8"),
        re.I | re.M,
    )


@pytest.mark.parametrize("requirement", PROJECT["optional-dependencies"]["dev"])
def test_every_development_dependency_is_locked(requirement: str):
    name = re.split(r"[\[<>=;]", requirement)[0]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert re.search(rf"^{re.sub('[-_]', '[-_]', name)}==", lock, re.I | re.M)


def test_every_locked_package_has_the_hashes_of_its_files():
    lock = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", "")
    # Without the markers of what is for some machines only.
    packages = [re.sub(" ; [^-]*", " ", line).split() for line in lock.splitlines()]
    assert len(packages) > len(PROJECT["dependencies"])
    for name, *hashes in packages:
        assert re.fullmatch(r"[a-z0-9.-]+==[^=]+", name)
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", item) for item in hashes), name


def test_every_parser_is_in_a_decision():
    records = (ROOT / "docs" / "decisions").glob("*.md")
    text = "\n".join(record.read_text("utf-8") for record in records)
    assert [parser.name for parser in PARSERS if f"`{parser.name}`" not in text] == []


def test_the_project_is_never_uploaded_to_a_package_index():
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def test_the_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
