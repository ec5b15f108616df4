"""`${NAME}` and `${secret:NAME}` in settings.

A secret is kept in the environment or in a secret store, never in the settings file. Values that
were filled in are masked in everything that is logged or written.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from vouch.schemas.errors import SettingsError

REFERENCE = re.compile(r"\$\{(secret:)?([\w-]+)\}")
# Characters. Shorter values occur in ordinary text, and masking them would garble messages.
_MIN_MASKED = 4
# A login has a colon, so that an @ in the path of an object is none; over HTTP a token may be
# alone. A password may contain an @ or a slash; two colons chain file systems.
_LOGIN = re.compile(r"://[^@\s/:]*:(?!:)\S*@|(?<=http)://[^@\s/:]+@|(?<=https)://[^@\s/:]+@")
# What follows a question mark; outside HTTP and Azure it may be a pattern, which has no `=`.
_OPTIONS = re.compile(
    r"(\b(?:https?|abfss?|az)://[^?\s'\"]*)\?[^\s'\"]+|(://[^?\s'\"]*)\?[^\s'\"]*=[^\s'\"]*"
)
_SECRET_NAME = re.compile(
    "pass|pwd|secret|token|credential|signature|^sig$|key$|connection_string", re.IGNORECASE
)
_filled_in: set[str] = set()


def interpolate(text: str) -> tuple[str, set[str]]:
    """Replace references by their values. Return the text and the values that were filled in.

    Raises `SettingsError` for a variable that is not set or a secret that does not exist.
    """
    values = {}
    for match in REFERENCE.finditer(text):
        reference, is_secret, name = match.group(0, 1, 2)
        if is_secret:
            values[reference] = _lookup(name)
        elif name in os.environ:
            values[reference] = os.environ[name]
        else:
            raise SettingsError(f"the environment variable {name} is not set")
    _filled_in.update(values.values())
    return REFERENCE.sub(lambda match: values[match[0]], text), set(values.values())


def names_secret(name: str) -> bool:
    """Return whether a setting or an option of this name is a secret."""
    return bool(_SECRET_NAME.search(name))


def keep_secrets(values: Iterable[str]) -> None:
    """Mask these values from now on: secrets that are written into the settings themselves."""
    _filled_in.update(value for value in values if not REFERENCE.search(value))


def secrets_of_url(url: str) -> set[str]:
    """Return the password in a URL, and its options that are secrets by their names.

    A connection string among the options has secrets of its own.
    """
    secrets = set()
    for part in url.split("::"):
        _, separator, rest = part.partition("://")
        login, at, _ = rest.rpartition("@") if separator else ("", "", "")
        if at and ":" in login:
            secrets.add(login.partition(":")[2])
        secrets |= _secret_options(part.partition("?")[2].split("&"))
    return {value for secret in secrets for value in (secret, unquote(secret)) if value}


def _secret_options(options: Iterable[str]) -> set[str]:
    secrets = set()
    for option in options:
        name, _, value = option.partition("=")
        if names_secret(name):
            secrets.add(value)
        elif "%3D" in value.upper():
            secrets |= _secret_options(unquote_plus(value).split(";"))
    return secrets


def mask_secrets(text: str) -> str:
    """Replace every secret that this process knows by `***`: what it has filled in, and what the
    settings contain; also where a library has quoted it.
    """
    values = [value for value in _filled_in if len(value) >= _MIN_MASKED]
    return mask(text, {form for value in values for form in _forms(value)})


@lru_cache(maxsize=1000)
def _forms(secret: str) -> frozenset[str]:
    """Return a secret as it is, and as URLs, JSON, HTML and `repr` show it."""
    return frozenset(
        {
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            escape(secret),
            escape(secret).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
            repr(secret)[1:-1],
        }
    )


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
    return _OPTIONS.sub(lambda match: f"{match[1] or match[2]}?***", _LOGIN.sub("://***@", text))


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
