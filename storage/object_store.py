"""A prefix or an object of an object store: S3 and what speaks its protocol, Google's, Azure's.

By obstore, which has what a file system has no need of: objects that are created only where there
is none, and replaced only where nobody else has replaced them since. The store's own Rust code uses
the same library, and so the same names of options.
"""

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import ObjectStore, from_url

from vouch.schemas.environment import mask_secrets
from vouch.schemas.errors import StorageError
from vouch.storage.location import Location, StoredFile

SCHEMES = ("s3", "gs", "az")
_READ_BYTES = 1 << 20
_MAX_CHARS = 300  # of a message of the library

# Options of the connection, which obstore takes apart from those of the store: among the others
# they make it panic.
_CONNECTION = {
    "allow_http", "allow_invalid_certificates", "connect_timeout", "http1_only", "http2_only",
    "pool_idle_timeout", "pool_max_idle_per_host", "proxy_url", "proxy_ca_certificate",
    "proxy_excludes", "root_certificate", "timeout", "user_agent",
}  # fmt: skip
# A store that is away for a while must not end a run of hours. The time is the limit: waits between
# tries are random and hardly grow, so that the library's ten take five seconds.
RETRY_S = 60
RETRIES = 100
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
# So that a browser shows a report that lies in a bucket, instead of saving it.
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".prom": "text/plain; charset=utf-8",
}
_CODE = re.compile("<Code>(.*?)</Code>(?:.*?<Message>(.*?)</Message>)?", re.DOTALL)
_NO_ROLE = "169.254."  # where a machine's role is asked for when there are no keys


@dataclass(frozen=True, slots=True)
class ObjectLocation(Location):
    """A prefix, or an object, below the bucket `root`, such as s3://bucket.

    `settings` are the storage options, as pairs, so that locations can be hashed.
    """

    root: str
    key: str
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, url: str, options: Mapping[str, str]) -> "ObjectLocation":
        """Return the location of a URL. Raises `StorageError` where its options are wrong."""
        parts = urlsplit(url)
        location = cls(
            f"{parts.scheme}://{parts.netloc}",
            parts.path.strip("/"),
            tuple(sorted(options.items())),
        )
        _ = location._store
        return location

    @property
    def _store(self) -> ObjectStore:
        return _open(self.root, self.settings)

    @property
    def is_local(self) -> bool:
        return False

    @property
    def url(self) -> str:
        return f"{self.root}/{self.key}" if self.key else self.root

    @property
    def link(self) -> str:
        return self.url

    def signed_link(self) -> str:
        with self._errors():
            return obstore.sign(cast(Any, self._store), "GET", self.key, timedelta(hours=1))

    @property
    def local_path(self) -> Path:
        raise StorageError(f"{self.url} is not on this machine; name a folder instead")

    @property
    def options(self) -> dict[str, str]:
        return dict(self.settings)

    def __truediv__(self, name: str) -> "ObjectLocation":
        key = f"{self.key}/{name}" if self.key else name
        return ObjectLocation(self.root, key, self.settings)

    def __str__(self) -> str:
        return self.url

    def read_bytes(self) -> bytes:
        return self.read_versioned()[0]

    def open(self) -> BinaryIO:
        with self._errors():
            return io.BufferedReader(_Reader(self._store, self.key), _READ_BYTES)

    def is_file(self) -> bool:
        try:
            self.stat()
        except FileNotFoundError:
            return False
        return True

    def stat(self) -> StoredFile:
        with self._errors():
            return _stored(obstore.head(self._store, self.key), self.name)

    def read_versioned(self) -> tuple[bytes, str]:
        with self._errors():
            result = obstore.get(self._store, self.key)
            return bytes(result.bytes()), _version(result.meta)

    def files(self) -> Iterator[StoredFile]:
        prefix = f"{self.key}/" if self.key else ""
        with self._errors():
            for batch in obstore.list(self._store, prefix=prefix or None):
                for entry in batch:
                    yield _stored(entry, entry["path"].removeprefix(prefix))

    def folders(self) -> list[str]:
        # By a flat list: some servers keep empty folders, which a list of prefixes would name.
        return sorted({file.path.partition("/")[0] for file in self.files() if "/" in file.path})

    def write_bytes(self, content: bytes) -> None:
        with self._write_errors():
            obstore.put(self._store, self.key, content, attributes=self._attributes)

    def create(self, content: bytes) -> bool:
        try:
            with self._write_errors():
                obstore.put(self._store, self.key, content, mode="create", use_multipart=False)
        except exceptions.AlreadyExistsError:
            # The library asks again where an answer is lost, and may meet its own object.
            return self.read_bytes() == content
        return True

    def replace(self, content: bytes, version: str) -> str | None:
        try:
            with self._errors():
                put = obstore.put(
                    self._store, self.key, content, mode=json.loads(version), use_multipart=False
                )
        except (exceptions.PreconditionError, FileNotFoundError):
            try:
                present, present_version = self.read_versioned()
            except FileNotFoundError:
                return None
            return present_version if present == content else None
        return _version(put)

    def delete(self) -> None:
        with self._errors():
            keys = [self.key, *(f"{self.key}/{file.path}" for file in self.files())]
            for key in keys:
                try:
                    obstore.delete(self._store, key)
                except FileNotFoundError:
                    continue

    @property
    def _attributes(self) -> dict[str, str]:
        suffix = f".{self.name.rpartition('.')[2]}"
        return {"Content-Type": _CONTENT_TYPES[suffix]} if suffix in _CONTENT_TYPES else {}

    @contextmanager
    def _write_errors(self) -> Iterator[None]:
        """Raise `StorageError` also where something is missing: it can only be the bucket."""
        try:
            with self._errors():
                yield
        except FileNotFoundError as error:
            raise _explained(self.url, error) from None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise `StorageError` for what the library raises, except what callers decide on."""
        try:
            yield
        except (FileNotFoundError, exceptions.AlreadyExistsError, exceptions.PreconditionError):
            raise
        except (exceptions.BaseError, OSError) as error:
            raise _explained(self.url, error) from None


class _Reader(io.RawIOBase):
    """Reads ranges of an object; obstore's own reader has no `readinto`, and is not closed."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._reader = obstore.open_reader(store, key, buffer_size=_READ_BYTES)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._reader.seek(offset, whence)

    def tell(self) -> int:  # prose: allow
        return self._reader.tell()

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        content = bytes(self._reader.read(len(buffer)))
        buffer[: len(content)] = content
        return len(content)


@lru_cache(maxsize=64)
def _open(root: str, settings: tuple[tuple[str, str], ...]) -> ObjectStore:
    """Open a bucket; connections are shared by all that is in it."""
    connection: dict[str, Any] = {
        name: _TRUTHS.get(value.lower(), value) for name, value in settings if name in _CONNECTION
    }
    store: Any = {name: value for name, value in settings if name not in _CONNECTION}
    try:
        return from_url(
            root,
            config=store,
            client_options=cast(Any, connection),
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_S)},
        )
    except (exceptions.BaseError, ValueError, TypeError) as error:
        raise _explained(root, error) from None


def _explained(url: str, error: Exception) -> StorageError:
    text = str(error)
    code = _CODE.search(text)
    if (code and code[1] == "NoSuchBucket") or isinstance(error, FileNotFoundError):
        return StorageError(
            f"{url} cannot be used: its bucket does not exist; make it, or correct its name"
        )
    if _NO_ROLE in text:
        return StorageError(
            f"{url} cannot be used: there are no keys, and this machine has no role of its own; "
            "set access_key_id and secret_access_key in storage.options, or the variables "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if "http://" in text and "builder error" in text:
        hint = "set allow_http: true in storage.options, or name an endpoint with https://"
    elif isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        hint = "give its user the right to it, or correct storage.options"
    elif isinstance(error, exceptions.UnknownConfigurationKeyError):
        hint = "correct storage.options"
    else:
        hint = "look at its server and the network, or correct storage.options"
    words = f"{code[1]}: {code[2] or ''}" if code else text.partition("Debug source:")[0]
    shown = " ".join(mask_secrets(words).split())[:_MAX_CHARS].rstrip(".: ")
    return StorageError(f"{url} cannot be used: {shown}; {hint}")


def _stored(entry: Any, path: str) -> StoredFile:  # noqa: ANN401 - ObjectMeta is not importable
    return StoredFile(path, entry["size"], entry["last_modified"], _version(entry))


def _version(entry: Any) -> str:  # noqa: ANN401 - ObjectMeta or PutResult
    """Return what the library needs to replace exactly this content, as text."""
    return json.dumps({name: entry[name] for name in ("e_tag", "version") if entry[name]})
