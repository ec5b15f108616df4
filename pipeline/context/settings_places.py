"""Refuses places of the settings that cannot be used: folders and buckets, by key and line."""

import difflib
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from vouch.schemas.errors import SettingsError, StorageError
from vouch.schemas.process.environment import interpolate
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import KeyPath, SettingsText
from vouch.storage.location import Location
from vouch.storage.object_store import SCHEMES
from vouch.storage.places import is_object_store, location_of

WRITTEN = ("index.path", "run.work_path", "run.report_path")
"""The settings that name places without which no run can end."""
_LINEAGE = "lineage.to"
_OPTIONAL = ("run.metrics_path", _LINEAGE, "retrieval.golden")
_OPTIONS: KeyPath = ("storage", "options")
_WEB = ("http", "https")
# What other programs call the same stores.
_OTHER_NAMES = {
    "s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "adl": "az", "azure": "az",
    "wasb": "az", "wasbs": "az",
}  # fmt: skip
_OPTION_NAMES = (
    "access_key_id", "secret_access_key", "session_token", "region", "endpoint", "allow_http",
    "virtual_hosted_style_request", "timeout", "connect_timeout", "proxy_url", "service_account",
    "service_account_key", "account_name", "account_key", "sas_key", "tenant_id", "client_id",
    "client_secret", "skip_signature", "server_side_encryption",
)  # fmt: skip
_SCHEMES = ", ".join(f"{scheme}://" for scheme in SCHEMES)


def check_places(text: SettingsText, settings: Settings, folder: Path) -> None:
    """Raise `SettingsError` for a URL that names no object store, and for its wrong options.

    No request is sent.
    """
    named: dict[str, str | None] = {
        key: attrgetter(key)(settings) for key in (*WRITTEN, *_OPTIONAL)
    }
    for key, place in named.items():
        if place and (problem := _problem(place, is_lineage=key == _LINEAGE)):
            raise SettingsError(f"{_where(text, key)}: {problem}")
    stores = [place for place in named.values() if place and is_object_store(place)]
    if not stores:
        return
    options = _filled_in(text, settings)
    for place in stores:
        try:
            location_of(place, options, folder)
        except StorageError as error:
            wrong = next((name for name in options if f"'{name}'" in str(error)), None)
            named_by = text.where((*_OPTIONS, wrong) if wrong else _OPTIONS)
            raise SettingsError(f"{named_by}: {error}{_nearest(wrong)}") from None


def places_of(text: SettingsText) -> Mapping[str, str]:
    """Return where the settings name each place that is written to, by its key, for messages."""
    return {key: _where(text, key) for key in WRITTEN}


def require_writable(place: Location, where: str) -> None:
    """Raise `StorageError` where nothing can be written to an object store: hours of work would end
    with its refusal.

    `where` is what names it. In a folder a run writes within its first second.
    """
    if place.is_local:
        return
    probe = place / f".writable-{token_hex(8)}"
    try:
        probe.write_bytes(b"")
        probe.delete()
    except StorageError as error:
        problem = str(error).replace(probe.url, place.url)
        raise type(error)(f"{where}: {problem}") from error


def _where(text: SettingsText, key: str) -> str:
    return text.where(tuple(key.split(".")))


def _problem(place: str, *, is_lineage: bool) -> str | None:
    scheme, separator, _ = place.partition("://")
    scheme = scheme.lower()
    if not separator or (is_lineage and (scheme in _WEB or "${" in scheme)):
        return None
    if scheme in _OTHER_NAMES:
        return f"{scheme}:// is written {_OTHER_NAMES[scheme]}://BUCKET/FOLDER here"
    if scheme not in SCHEMES:
        web = ", http:// or https://" if is_lineage else ""
        return f"{scheme}:// names no place to write to; give a path, or a URL with {_SCHEMES}{web}"
    if not urlsplit(place).netloc:
        return f"the name of the bucket is missing behind {scheme}://"
    return None


def _filled_in(text: SettingsText, settings: Settings) -> dict[str, str]:
    options = {}
    for name, value in settings.storage.options.items():
        try:
            options[name] = interpolate(value)[0]
        except SettingsError as error:
            raise SettingsError(f"{text.where((*_OPTIONS, name))}: {error}") from error
    return options


def _nearest(name: str | None) -> str:
    """Return a hint at the option whose name is most like a wrong one."""
    near = difflib.get_close_matches(name, _OPTION_NAMES, n=1) if name else []
    return f"; did you mean {near[0]}?" if near else ""
