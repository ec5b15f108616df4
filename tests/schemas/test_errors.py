"""Errors: the tree in the module's docstring is complete, and every error survives pickling."""

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from vouch.schemas import errors
from vouch.schemas.errors import DocumentRejected, RunRejected, VouchError, note_recorded, recorded

ROOT = Path(__file__).parents[2]
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, VouchError)
}


def drawn_tree() -> Iterator[tuple[str, str | None]]:
    """Read (error, its base) from the tree in the docstring."""
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"    ([│├└─ ]*)(\w+)(?:  |$)", line):
            depth = len(match[1]) // 4
            parents = [*parents[:depth], match[2]]
            yield match[2], parents[-2] if depth else None


def test_the_drawn_tree_is_that_of_the_classes():
    assert dict(drawn_tree()) == {
        name: kind.__base__.__name__ if kind is not VouchError and kind.__base__ else None
        for name, kind in CLASSES.items()
    }


def test_no_other_module_defines_an_error_of_the_tree():
    defined = [
        f"{file.relative_to(ROOT)}: {node.name}"
        for room in ROOT.iterdir()
        if (room / "__init__.py").is_file() and room.name != "tests"
        for file in room.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id in CLASSES for base in node.bases)
        and file != Path(errors.__file__)
    ]
    assert [place for place in defined if not place.startswith("schemas/errors.py")] == []


@pytest.mark.parametrize("kind", CLASSES.values())
def test_an_error_survives_pickling(kind: type[VouchError]):
    arguments = ("empty", "the file is empty") if kind is DocumentRejected else ("a message",)
    error = kind(*arguments)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (kind, str(error))


def test_only_an_unavailable_source_is_retryable():
    assert {name for name, kind in CLASSES.items() if kind.retryable} == {"SourceUnavailable"}


def test_an_error_in_a_runs_record_is_recognised():
    error = VouchError("a message")
    assert not recorded(error)
    note_recorded(error)
    assert recorded(pickle.loads(pickle.dumps(error)))
    assert recorded(RunRejected("the verdict is reject"))
