"""What all services with OpenAI's interface have in common: address, key, limits."""

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import Field, model_validator

from vouch.schemas.errors import SettingsError
from vouch.schemas.process.environment import interpolate, secrets_of_url
from vouch.schemas.strict import Strict

_Service = TypeVar("_Service", bound="HttpService")


class HttpService(Strict):
    """A service that requests are sent to, and to no other. `section` is its place in vouch.yaml,
    `purpose` what messages call it by.
    """

    section: ClassVar[str] = "embedding"
    purpose: ClassVar[str] = "embedding"

    url: str = Field(
        pattern=r"^https?://[^\s]+$",
        description=(
            "Where it is, without /embeddings or /chat/completions, such as "
            "https://api.openai.com/v1"
        ),
    )
    api_key: str | None = Field(
        default=None,
        min_length=1,
        repr=False,
        description="Bearer token; ${NAME} and ${secret:NAME} are replaced",
    )
    headers: Mapping[str, str] = Field(
        default={},
        repr=False,
        description="Further headers of each request; ${NAME} and ${secret:NAME} are replaced",
    )
    parallel_requests: int = Field(
        default=4, ge=1, le=64, description="Requests that are sent at the same time"
    )
    requests_per_minute: int | None = Field(
        default=None, ge=1, description="Limit of a run, whatever works for it; empty: none"
    )
    tokens_per_minute: int | None = Field(
        default=None, ge=1, description="Limit of a run, whatever works for it; empty: none"
    )
    timeout_s: float = Field(default=60.0, gt=0, description="Time limit of one request")
    deadline_s: float = Field(
        default=600.0,
        gt=0,
        description=(
            "How long a request is repeated that fails for a reason that passes: too many "
            "requests, a server's error, a cut connection"
        ),
    )

    def filled_headers(self) -> dict[str, str]:
        """Return the headers with the key and all secrets filled in. Raises `SettingsError`."""
        try:
            headers = {name: interpolate(value)[0] for name, value in self.headers.items()}
            if self.api_key:
                headers["Authorization"] = f"Bearer {interpolate(self.api_key)[0]}"
        except SettingsError as error:
            raise SettingsError(
                f"the {self.purpose} service at {self.url} needs its key or a header, and {error}"
            ) from None
        return headers

    @model_validator(mode="after")
    def _the_url_has_no_secret(self: _Service) -> _Service:
        if "@" in self.url.split("/")[2] or secrets_of_url(self.url):
            raise ValueError(
                f"the url of {'an' if self.purpose == 'embedding' else 'a'} {self.purpose} service "
                "must not contain a login or a key: it is stored with the index; write it into "
                "api_key or headers, as ${NAME}"
            )
        return self


def by_url(value: object) -> object:
    """Return what a text alone stands for in the settings: the service's URL."""
    return {"url": value} if isinstance(value, str) else value
