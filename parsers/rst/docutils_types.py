"""Types of docutils that its stubs leave open."""

from typing import Any, TypeAlias

Node: TypeAlias = Any
"""A node of a document tree: an element with children and attributes, or a text."""
State: TypeAlias = Any
"""A state of docutils' parser, with its machine and what all states share (`memo`)."""
