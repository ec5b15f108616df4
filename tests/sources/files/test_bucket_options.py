"""Options of fsspec's drivers by the names that obstore has for them."""

import json
from pathlib import Path

import pytest

from vouch.schemas.errors import SettingsError, StorageRefused
from vouch.sources.files.bucket_options import bucket_options
from vouch.storage.object_store import ObjectLocation

AZURE_KEY = "a2V5MQ=="


@pytest.mark.parametrize(
    ("scheme", "options", "expected"),
    [
        (
            "s3",
            {"key": "a", "secret": "b", "token": "c", "endpoint_url": "https://store"},
            {
                "access_key_id": "a",
                "secret_access_key": "b",
                "session_token": "c",
                "endpoint": "https://store",
            },
        ),
        (
            "s3",
            {"anon": True, "requester_pays": True, "use_ssl": False, "version_aware": True},
            {"skip_signature": "true", "request_payer": "true", "allow_http": "true"},
        ),
        ("s3", {"region": "eu-west-3", "timeout": "5s"}, {"region": "eu-west-3", "timeout": "5s"}),
        ("gs", {"token": "anon", "project": "p"}, {"skip_signature": "true"}),
        ("gs", {"token": "google_default", "access": "read_only"}, {}),
        ("gs", {"endpoint_url": "http://store"}, {"base_url": "http://store", "allow_http": "true"}),
        (
            "az",
            {"account_name": "me", "sas_token": "sv=1&sig=x"},
            {"account_name": "me", "sas_key": "sv=1&sig=x"},
        ),
        (
            "az",
            {"connection_string": f"AccountName=me;AccountKey={AZURE_KEY};EndpointSuffix=x.y"},
            {"account_name": "me", "account_key": AZURE_KEY, "endpoint": "https://me.blob.x.y"},
        ),
        ("az", {"account_name": "me", "anon": True}, {"account_name": "me", "skip_signature": "true"}),
    ],
)  # fmt: skip
def test_options_are_translated_and_taken(scheme: str, options: dict, expected: dict):
    assert bucket_options(scheme, options) == expected
    defaults = {"az": {"account_name": "me"}, "s3": {"region": "eu-west-3"}, "gs": {}}[scheme]
    assert ObjectLocation.of(f"{scheme}://bucket", defaults | expected)


def test_the_file_of_a_service_account_is_a_token(tmp_path: Path):
    file = str(tmp_path / "account.json")
    assert bucket_options("gs", {"token": file}) == {"service_account": file}
    (tmp_path / "account.json").write_text(json.dumps({}))
    with pytest.raises(StorageRefused):
        ObjectLocation.of("gs://bucket", {"service_account": file})


@pytest.mark.parametrize(
    "options", [{"token": "browser"}, {"token": "cache"}, {"requester_pays": True}]
)
def test_what_has_no_counterpart_is_refused_with_another_way(options: dict):
    with pytest.raises(SettingsError, match="gcs://"):
        bucket_options("gs", options)
