"""Options of a bucket by their common names, and by those of fsspec's drivers (s3fs, gcsfs, adlfs).

Settings of Vouch until 0.9.0 have the latter.
"""

from collections.abc import Mapping

from vouch.schemas.errors import SettingsError

_COMMON_NAMES = {
    "s3": {
        "key": "access_key_id",
        "username": "access_key_id",
        "secret": "secret_access_key",
        "password": "secret_access_key",
        "token": "session_token",
        "endpoint_url": "endpoint",
        "anon": "skip_signature",
        "requester_pays": "request_payer",
    },
    "gs": {"token": "service_account", "endpoint_url": "base_url"},
    "az": {"sas_token": "sas_key", "anon": "skip_signature"},
}
# How these drivers cache, read ahead and run; and what a bucket's name makes needless.
_NEEDLESS = {
    "access", "asynchronous", "block_size", "blocksize", "cache_regions", "cache_timeout",
    "check_connection", "consistency", "default_block_size", "default_cache_type",
    "default_fill_cache", "default_location", "fixed_upload_size", "listings_expiry_time",
    "location_mode", "max_concurrency", "max_paths", "project", "requests_timeout",
    "secure_serialize", "skip_instance_cache", "use_listings_cache", "use_ssl", "version_aware",
}  # fmt: skip
_GOOGLE_TOKENS = {"anon": {"skip_signature": "true"}, "google_default": {}, "cloud": {}}
_OF_CONNECTION_STRING = {
    "AccountName": "account_name",
    "AccountKey": "account_key",
    "SharedAccessSignature": "sas_key",
    "BlobEndpoint": "endpoint",
}


def bucket_options(scheme: str, options: Mapping[str, str | int | bool]) -> dict[str, str]:
    """Return the options of a bucket of s3://, gs:// or az:// by their common names.

    Raises `SettingsError` for an option that has no counterpart.
    """
    result: dict[str, str] = {}
    for name, value in options.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if name in _NEEDLESS:
            continue
        if scheme == "gs" and name == "token":
            result |= _google_token(text)
        elif scheme == "gs" and name == "requester_pays":
            raise SettingsError(
                "requester_pays is not there for gs://; name the path as gcs://, which gcsfs opens"
            )
        elif name == "connection_string":
            result |= _parts_of(text)
        else:
            result[_COMMON_NAMES[scheme].get(name, name)] = text
    address = result.get("endpoint") or result.get("base_url") or ""
    if options.get("use_ssl") is False or address.startswith("http://"):
        result.setdefault("allow_http", "true")
    return result


def _parts_of(connection_string: str) -> dict[str, str]:
    """Return the options that a connection string of Azure stands for."""
    parts = dict(part.split("=", 1) for part in connection_string.split(";") if "=" in part)
    options = {name: parts[key] for key, name in _OF_CONNECTION_STRING.items() if key in parts}
    suffix, account = parts.get("EndpointSuffix"), parts.get("AccountName")
    if suffix and account and "endpoint" not in options:
        options["endpoint"] = f"https://{account}.blob.{suffix}"
    return options


def _google_token(token: str) -> dict[str, str]:
    if token in ("browser", "cache"):
        raise SettingsError(
            f"the token {token} asks a person; name the file of a service account, or the path as "
            "gcs://, which gcsfs opens"
        )
    return _GOOGLE_TOKENS.get(token, {"service_account": token})
