"""`run.cluster`: who works on the shards of a run besides the process that runs it."""

import ipaddress
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from vouch.schemas.strict import Strict

TLS_FILES = ("ca", "certificate", "key")


class ClusterSettings(Strict):
    """Worker processes of this machine, or those of a scheduler that was started before."""

    local: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Worker processes on this machine, which start and end with the run",
    )
    scheduler: str | None = Field(
        default=None,
        description=(
            "Address of a `vouch scheduler` whose workers are used: tls://host:port, or "
            "tcp://host:port on this machine"
        ),
    )
    ca: str | None = Field(
        default=None,
        description="File of the certificates that are trusted, in PEM format, for tls://",
    )
    certificate: str | None = Field(default=None, description="File of this run's certificate")
    key: str | None = Field(default=None, description="File of its private key")
    wait_s: float = Field(
        default=120.0,
        gt=0,
        description=(
            "How long a run waits for a scheduler that it cannot reach, or for a first worker, "
            "before it fails"
        ),
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.local is None) == (self.scheduler is None):
            raise ValueError("name either local (a number of processes) or scheduler (an address)")
        files = [name for name in TLS_FILES if getattr(self, name)]
        if self.scheduler is None:
            if files:
                raise ValueError(f"{files[0]} is for a scheduler at tls://host:port only")
        elif problem := refused_address(self.scheduler, has_files=len(files) == len(TLS_FILES)):
            raise ValueError(problem)
        return self


def by_address(value: object) -> object:
    """Return what a text alone stands for in the settings: the scheduler's address."""
    return {"scheduler": value} if isinstance(value, str) else value


def refused_address(address: str, *, has_files: bool) -> str | None:
    """Return why a scheduler must not be, or cannot be, at an address; None where it may.

    `has_files` says that the three files which TLS needs are given.
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or port is None:
        return f"{address[:200]!r} is no address of a scheduler, such as tls://scheduler:8786"
    if parts.scheme == "tls":
        return None if has_files else "tls:// needs the files of ca, certificate and key"
    if not _is_this_machine(parts.hostname):
        return (
            f"{address} is not on this machine, and there TLS is required: a scheduler runs "
            "whatever code it is sent, so whoever reaches it owns its workers; use tls:// with "
            "ca, certificate and key"
        )
    return None


def _is_this_machine(host: str) -> bool:
    """Return whether an address never leaves this machine, without asking a name server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
