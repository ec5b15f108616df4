"""Settings of `vouch serve`: where it listens, who may ask, and how much."""

import hashlib
from collections.abc import Mapping

from pydantic import Field, field_validator, model_validator

from vouch.schemas.errors import SettingsError
from vouch.schemas.process.environment import REFERENCE, interpolate
from vouch.schemas.strict import Strict

_MIN_KEY = 20
"""Characters of a key: a shorter one could be guessed."""


class ServeKey(Strict):
    """A caller of the service, who shows an API key.

    `profile` and `values` are bound to the key: its caller searches and reads with that profile
    only, and cannot replace the values. A caller without a profile sees the whole index.
    """

    name: str = Field(
        pattern=r"^[A-Za-z0-9][\w.-]{0,63}$",
        description="By which logs and metrics name the caller",
    )
    key: str | None = Field(
        default=None,
        repr=False,
        description="The key, as ${NAME} or ${secret:NAME}; never the key itself",
    )
    key_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="Instead of `key`: its SHA-256, as `sha256sum` prints it",
    )
    profile: str | None = Field(
        default=None, min_length=1, description="The profile that its caller is bound to"
    )
    values: Mapping[str, str | int | float | bool | list[str]] = Field(
        default={}, description="Values for parameters of the profile's filters, by name"
    )
    rate_per_minute: int | None = Field(
        default=None, ge=0, description="In place of `serve.rate_per_minute`"
    )

    @field_validator("key")
    @classmethod
    def _is_a_reference(cls, key: str | None) -> str | None:
        if key is not None and not REFERENCE.fullmatch(key):
            raise ValueError(
                "a key is not written into the settings; name where it is, as ${NAME} or "
                "${secret:NAME}, or give key_sha256"
            )
        return key

    @model_validator(mode="after")
    def _has_one_key(self) -> "ServeKey":
        if (self.key is None) == (self.key_sha256 is None):
            raise ValueError("give either key or key_sha256")
        if self.values and self.profile is None:
            raise ValueError("values are for the parameters of a profile; name the profile")
        return self

    def digest(self) -> str:
        """Return the SHA-256 of the key in hexadecimal digits.

        Raises `SettingsError` where the key cannot be had, or is too short.
        """
        if self.key is None:
            return self.key_sha256 or ""
        key, _ = interpolate(self.key)
        if len(key) < _MIN_KEY:
            raise SettingsError(
                f"the key of {self.name} in serve.keys has fewer than {_MIN_KEY} characters; "
                "`openssl rand -hex 32` makes one that nobody can guess"
            )
        return hashlib.sha256(key.encode()).hexdigest()


class ServeSettings(Strict):
    """The service that `vouch serve` runs: it reads the index, and writes nothing into it."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on; without `keys` one of this machine only",
    )
    port: int = Field(default=8420, ge=0, le=65535, description="Port; 0: any that is free")
    keys: tuple[ServeKey, ...] = Field(
        default=(),
        description="Who may ask; empty: everybody who can reach it, which is this machine",
    )
    rate_per_minute: int = Field(
        default=6000, ge=0, description="Requests of one caller in a minute; 0: no limit"
    )
    max_query_chars: int = Field(default=4000, ge=1, description="Characters of a query")
    max_k: int = Field(default=100, ge=1, le=10_000, description="Passages of one answer")
    max_body_kb: int = Field(default=64, ge=1, description="Size of a request's body")
    parallel: int = Field(
        default=4, ge=1, le=256, description="Requests that are worked on at the same time"
    )
    queue: int = Field(
        default=256, ge=0, description="Requests that wait for that; more are sent away with 503"
    )
    poll_s: float = Field(
        default=2.0, gt=0, description="Seconds between two looks for a newer published state"
    )
    feedback: bool | None = Field(
        default=None,
        description=(
            "Whether people may add golden queries to `retrieval.golden` from the pages; by "
            "default only where no key is needed, which is this machine"
        ),
    )
    log_queries: bool = Field(
        default=False, description="Write queries and filters into the access log"
    )

    @field_validator("keys")
    @classmethod
    def _names_are_unique(cls, keys: tuple[ServeKey, ...]) -> tuple[ServeKey, ...]:
        names = [key.name for key in keys]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two keys have the name {', '.join(repeated)}; rename one of them")
        return keys
