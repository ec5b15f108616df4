"""How much a search gives: names for what a person wants to read, instead of numbers to tune."""

from typing import Literal, TypeAlias

Breadth: TypeAlias = Literal["precise", "balanced", "broad", "all"]
"""precise: little besides the answer. broad: hardly anything missed. all: chunks one by one, none left out or joined."""
