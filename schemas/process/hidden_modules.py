"""Imports of libraries that import much more than what is used of them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Make imports of these modules fail within the block, unless they are imported already."""
    absent = [name for name in names if name not in sys.modules]
    # None in `sys.modules` makes an import fail.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
