"""`${NAME}` and `${secret:NAME}` in settings.

A secret is kept in the environment or in a secret store, never in the settings file. Values that
were filled in are masked in everything that is logged or written.
"""

import os
import re
from collections.abc import Callable, Iterable

from vouch.schemas.errors import SettingsError

_REFERENCE = re.compile(r"\$\{(secret:)?([\w-]+)\}")
# Characters. Shorter values occur in ordinary text, and masking them would garble messages.
_MIN_MASKED = 4
# A login has a colon, so that an @ in the path of an object is none. A password may contain an @
# or a slash; two colons chain file systems.
_LOGIN = re.compile(r"://[^@\s/:]*:(?!:)\S*@")
_OPTIONS = re.compile(r"(\b(?:https?|abfss?|az)://[^?\s'\"]*)\?[^\s'\"]+")
_filled_in: set[str] = set()


def interpolate(text: str) -> tuple[str, set[str]]:
    """Replace references by their values. Return the text and the values that were filled in.

    Raises `SettingsError` for a variable that is not set or a secret that does not exist.
    """
    values = {}
    for match in _REFERENCE.finditer(text):
        reference, is_secret, name = match.group(0, 1, 2)
        if is_secret:
            values[reference] = _lookup(name)
        elif name in os.environ:
            values[reference] = os.environ[name]
        else:
            raise SettingsError(f"the environment variable {name} is not set")
    _filled_in.update(values.values())
    return _REFERENCE.sub(lambda match: values[match[0]], text), set(values.values())


def mask_secrets(text: str) -> str:
    """Replace every value that this process has filled in by `***`."""
    return mask(text, (value for value in _filled_in if len(value) >= _MIN_MASKED))


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in the text by `***`."""
    # The longest first, because a secret may contain another one.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def mask_urls(text: str) -> str:
    """Replace users and passwords of the URLs in a text by `***`, and what follows a `?`.

    A password may be written into a source's path instead of being filled in.
    """
    return _OPTIONS.sub(r"\1?***", _LOGIN.sub("://***@", text))


def use_secret_store(lookup: Callable[[str], str]) -> None:
    """Set the function that returns a secret by its name, or raises `SettingsError`.

    Set by a caller that may use the network, which this package may not.
    """
    global _lookup
    _lookup = lookup


def _no_store(name: str) -> str:
    raise SettingsError(
        f"no secret store is configured for the secret {name}; use an environment variable "
        f"instead, as ${{{name}}}"
    )


_lookup: Callable[[str], str] = _no_store
