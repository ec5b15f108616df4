"""Profiles and regions of AWS: by its own library where it is installed."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.object_store import ACCESS_KEY, SECRET_KEY, ObjectStore
from vouch.schemas.errors import StorageRefused
from vouch.storage.aws import completed
from vouch.storage.places import location_of


@pytest.fixture(autouse=True)
def outside_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)


class Session:
    """A session as botocore has it: one profile, with keys and a region."""

    def __init__(self, profile: str | None = None) -> None:
        self.profile = profile

    def get_scoped_config(self) -> dict[str, str]:
        if self.profile != "team":
            raise LookupError(f"The config profile ({self.profile}) could not be found")
        return {}

    def get_config_variable(self, name: str) -> str:
        return "us-east-1"

    def get_credentials(self) -> Any:
        frozen = SimpleNamespace(access_key=ACCESS_KEY, secret_key=SECRET_KEY, token=None)
        return SimpleNamespace(get_frozen_credentials=lambda: frozen)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's library, which is none of Vouch's dependencies."""
    package, module = ModuleType("botocore"), ModuleType("botocore.session")
    module.Session = Session  # type: ignore[attr-defined]
    package.session = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "botocore", package)
    monkeypatch.setitem(sys.modules, "botocore.session", module)


def test_a_profile_gives_keys_and_region(library: None, store: ObjectStore):
    keyless = {
        name: value
        for name, value in store.options.items()
        if name not in ("access_key_id", "secret_access_key", "region")
    }
    location = location_of(store.bucket(), keyless | {"profile": "team"})
    (location / "a").write_bytes(b"text")
    assert (location / "a").read_bytes() == b"text"


def test_a_profile_that_cannot_be_read_is_refused(library: None):
    with pytest.raises(StorageRefused, match=r"profile \(gone\)"):
        completed("bucket", {"profile": "gone"})


def test_a_profile_without_the_library_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(StorageRefused, match="install it"):
        completed("bucket", {"profile": "team"})


def test_aws_is_asked_for_a_region_that_nobody_names(monkeypatch: pytest.MonkeyPatch):
    requests = []

    def head(url: str, timeout: float) -> httpx.Response:
        requests.append(url)
        return httpx.Response(301, headers={"x-amz-bucket-region": "eu-south-2"})

    monkeypatch.setattr(httpx, "head", head)
    keys = {"access_key_id": "a", "secret_access_key": "b"}
    assert completed("docs", keys) == (keys | {"region": "eu-south-2"}, None)
    assert completed("docs", keys | {"region": "us-west-1"})[0]["region"] == "us-west-1"
    assert "region" not in completed("docs", keys | {"endpoint": "http://127.0.0.1:1"})[0]
    assert requests == ["https://s3.amazonaws.com/docs"]
