"""A prefix or an object of an object store: S3 and what speaks its protocol, Google's, Azure's.

By obstore, which has what a file system has no need of: objects that are created only where there
is none, and replaced only where nobody else has replaced them since. The store's own Rust code uses
the same library, and so the same names of options.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import ObjectStore, from_url

from vouch.schemas.errors import StorageError, StorageRefused
from vouch.schemas.process.environment import mask_secrets
from vouch.storage.aws import completed
from vouch.storage.location import Location, StoredFile

SCHEMES = ("s3", "gs", "az")
_READ_BYTES = 1 << 20
_PAGE = 1000  # objects, as many as one answer of a store lists
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
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
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
        return io.BufferedReader(_Reader(self), _READ_BYTES)

    def read_range(self, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        with self._errors():
            return bytes(obstore.get_range(self._store, self.key, start=start, end=end))

    def sha256(self) -> str:
        digest = hashlib.sha256()
        with self._errors():
            for piece in obstore.get(self._store, self.key).stream(_READ_BYTES):
                digest.update(piece)
        return digest.hexdigest()

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

    def read_at_most(self, size: int) -> tuple[bytes, StoredFile]:
        """Return the content by one request, and what the store says of exactly this content.

        Of an object that is larger than `size` bytes not much more than that is returned.
        """
        pieces, length = [], 0
        with self._errors():
            result = obstore.get(self._store, self.key)
            for piece in result.stream(_READ_BYTES):
                pieces.append(piece)
                length += len(piece)
                if length > size:
                    break
            return b"".join(pieces), _stored(result.meta, self.name)

    def files(self) -> Iterator[StoredFile]:
        prefix = f"{self.key}/" if self.key else ""
        with self._errors():
            for batch in obstore.list(self._store, prefix=prefix or None, chunk_size=_PAGE):
                for entry in batch:
                    # The object that marks a folder, `prefix/`, comes without its slash.
                    if entry["path"].startswith(prefix):
                        yield _stored(entry, entry["path"].removeprefix(prefix))

    def folders(self) -> list[str]:
        # By a flat list: some servers keep empty folders, which a list of prefixes would name.
        return sorted({file.path.partition("/")[0] for file in self.files() if "/" in file.path})

    def closed_folders(self) -> list[str]:
        return []

    def write_bytes(self, content: bytes) -> None:
        with self._write_errors():
            obstore.put(self._store, self.key, content, attributes=self._attributes)

    def write_from(self, content: BinaryIO) -> None:
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

    def move_to(self, target: Location) -> None:
        if not isinstance(target, ObjectLocation) or target.root != self.root:
            raise StorageError(f"{self.url} cannot be moved to {target.url}, in another place")
        with self._errors():
            obstore.copy(self._store, self.key, target.key)
        self.delete()

    def delete(self) -> None:
        _delete(self, [self.key, *(f"{self.key}/{file.path}" for file in self.files())])

    def delete_files(self, paths: Iterable[str]) -> None:
        _delete(self, [(self / path).key for path in paths])

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
            raise explained(self.url, error) from None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise `StorageError` for what the library raises, except what callers decide on."""
        try:
            yield
        except (FileNotFoundError, exceptions.AlreadyExistsError, exceptions.PreconditionError):
            raise
        except (exceptions.BaseError, OSError) as error:
            raise explained(self.url, error) from None


def _delete(location: ObjectLocation, keys: Sequence[str]) -> None:
    """Delete objects of a location's bucket; a thousand by one request, where a store can."""
    with location._errors():
        try:
            obstore.delete(location._store, keys)
        except FileNotFoundError:  # of stores that delete one by one
            for key in keys:
                with suppress(FileNotFoundError):
                    obstore.delete(location._store, key)


class _Reader(io.RawIOBase):
    """Reads ranges of an object, all of the same content: obstore's own reader would mix that of an
    object which is replaced meanwhile. Raises `StorageError` then.
    """

    def __init__(self, location: ObjectLocation) -> None:
        with location._errors():
            meta = obstore.head(location._store, location.key)
        self._location = location
        self._size = meta["size"]
        self._position = 0
        self._same: Any = (
            {"version": meta["version"]} if meta["version"] else {"if_match": meta["e_tag"]}
        )

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def tell(self) -> int:  # prose: allow
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        end = min(self._position + len(buffer), self._size)
        if self._position >= end:
            return 0
        location = self._location
        try:
            with location._errors():
                options: Any = {**self._same, "range": (self._position, end)}
                content = obstore.get(location._store, location.key, options=options).bytes()
        except (FileNotFoundError, exceptions.PreconditionError):
            raise StorageError(f"{location.url} was changed while it was read") from None
        buffer[: len(content)] = bytes(content)
        self._position += len(content)
        return len(content)


@lru_cache(maxsize=64)
def _open(root: str, settings: tuple[tuple[str, str], ...]) -> ObjectStore:
    """Open a bucket; connections are shared by all that is in it."""
    connection: dict[str, Any] = {
        name: _TRUTHS.get(value.lower(), value) for name, value in settings if name in _CONNECTION
    }
    store: Any = {name: value for name, value in settings if name not in _CONNECTION}
    provider = None
    scheme, _, bucket = root.partition("://")
    if scheme == "s3":
        store, provider = completed(bucket, store)
    try:
        return from_url(
            root,
            config=store,
            client_options=cast(Any, connection),
            credential_provider=cast(Any, provider),
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_S)},
        )
    except (exceptions.BaseError, ValueError, TypeError) as error:
        raise StorageRefused(
            f"{root} cannot be used: {_words(str(error))}; correct storage.options"
        ) from None


def explained(url: str, error: Exception) -> StorageError:
    """Return what a library's error at a place means: a `StorageRefused` where it will not succeed
    by itself.
    """
    text = str(error)
    code = _CODE.search(text)
    if (code and code[1] == "NoSuchBucket") or isinstance(error, FileNotFoundError):
        return StorageRefused(
            f"{url} cannot be used: its bucket does not exist; make it, or correct its name"
        )
    if _NO_ROLE in text:
        return StorageRefused(
            f"{url} cannot be used: there are no keys, and this machine has no role of its own; "
            "set access_key_id and secret_access_key in storage.options, or the variables "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    kind: type[StorageError] = StorageRefused
    if "http://" in text and "builder error" in text:
        hint = "set allow_http: true in storage.options, or name an endpoint with https://"
    elif (code and code[1] in _DENIED) or isinstance(
        error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError
    ):
        hint = "give its user the right to it, or correct storage.options"
    elif isinstance(error, exceptions.InvalidPathError):
        hint = "rename that object: folders without a name, `.`, `..` and line ends are not there"
    else:
        kind = StorageError
        hint = "look at its server and the network, or correct storage.options"
    words = _words(f"{code[1]}: {code[2] or ''}" if code else text)
    return kind(f"{url} cannot be used: {words}; {hint}")


def _words(text: str) -> str:
    """Return what the library says for people, on one line."""
    shown = mask_secrets(text.partition("Debug source:")[0])
    return " ".join(shown.split())[:_MAX_CHARS].rstrip(".: ")


def _stored(entry: Any, path: str) -> StoredFile:  # noqa: ANN401 - ObjectMeta is not importable
    return StoredFile(
        path,
        entry["size"],
        entry["last_modified"],
        _version(entry),
        (entry["e_tag"] or "").strip('"') or None,
        entry["version"],
    )


def _version(entry: Any) -> str:  # noqa: ANN401 - ObjectMeta or PutResult
    """Return what the library needs to replace exactly this content, as text."""
    return json.dumps({name: entry[name] for name in ("e_tag", "version") if entry[name]})
