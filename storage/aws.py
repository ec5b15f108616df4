"""What AWS knows of a caller besides variables and the roles of machines and pods.

Profiles, single sign-on and the roles that a profile assumes are read by AWS's own library where it
is installed: boto3 and s3fs bring botocore, and Vouch does without.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from vouch.schemas.errors import StorageRefused

Provider = Callable[[], dict[str, Any]]
# Credentials are asked for again after this time; the library renews what has ended before.
_KEPT = timedelta(minutes=10)
_TIMEOUT_S = 10.0


def completed(bucket: str, options: Mapping[str, str]) -> tuple[dict[str, str], Provider | None]:
    """Return the options of a bucket with its region, and what gives credentials.

    The second is None where the options contain them, or AWS's library is not there. An option
    `profile` names a profile. Raises `StorageRefused` for one that cannot be read.
    """
    options = dict(options)
    profile = options.pop("profile", None)
    named = {name.removeprefix("aws_") for name in options}
    has_keys = bool(named & {"access_key_id", "skip_signature", "web_identity_token_file"})
    session = None if has_keys else _session(profile)
    has_endpoint = "endpoint" in named or any(
        os.environ.get(name) for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
    )
    if not named & {"region", "default_region"} and not (
        os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    ):
        region = session.get_config_variable("region") if session else None
        if region is None and not has_endpoint:
            region = _region_of(bucket)
        if region:
            options["region"] = region
    keys = session.get_credentials() if session else None
    if keys is None:
        return options, None

    def credentials() -> dict[str, Any]:
        frozen = keys.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _KEPT,
        }

    return options, credentials


def _session(profile: str | None) -> Any:  # noqa: ANN401 - botocore has no types
    """Return a session of AWS's library, None where it is not installed."""
    try:
        library = import_module("botocore.session")
    except ImportError:
        if profile is None:
            return None
        raise StorageRefused(
            f"the profile {profile} cannot be read without botocore; install it (pip install "
            "botocore), or set access_key_id and secret_access_key"
        ) from None
    session = library.Session(profile=profile)
    try:
        session.get_scoped_config()
    except Exception as error:  # noqa: BLE001 - the library has its own classes of errors
        raise StorageRefused(f"a profile of AWS cannot be read: {error}") from None
    return session


def _region_of(bucket: str) -> str | None:
    """Ask AWS where a bucket is. None where there is no answer; then its default applies."""
    import httpx  # it takes a fifth of a second

    try:
        answer = httpx.head(f"https://s3.amazonaws.com/{bucket}", timeout=_TIMEOUT_S)
    except httpx.HTTPError:
        return None
    region: str | None = answer.headers.get("x-amz-bucket-region")
    return region
