"""`${NAME}` in settings: a secret stands in the environment, never in the file."""

import os
import re

from schemas.errors import SettingsError

_NAME = re.compile(r"\$\{(\w+)\}")


def fill(text: str) -> tuple[str, set[str]]:
    """The text with what the environment says, and the values that came from there. Raises `SettingsError`."""
    names = set(_NAME.findall(text))
    for name in sorted(names - os.environ.keys()):
        raise SettingsError(f"the environment variable {name} is not set")
    return _NAME.sub(lambda match: os.environ[match[1]], text), {os.environ[name] for name in names}
