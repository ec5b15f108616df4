"""Errors as answers: RFC 9457 problem details, which name no place of this machine."""

import logging
from http import HTTPStatus
from typing import Literal, TypeAlias

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from vouch.schemas.errors import (
    EmbeddingError,
    NotFound,
    SettingsError,
    ValueMissing,
    VouchError,
    in_words,
)
from vouch.schemas.process.environment import mask_secrets

_log = logging.getLogger("vouch.service")

MEDIA_TYPE = "application/problem+json"
Code: TypeAlias = Literal[
    "invalid",
    "value_missing",
    "unauthorized",
    "forbidden",
    "not_found",
    "not_allowed",
    "too_large",
    "too_slow",
    "rate_limited",
    "busy",
    "model_unavailable",
    "unavailable",
    "unexpected",
]
"""What a program decides by; `detail` is for people."""


class Problem(BaseModel):
    """What went wrong with a request, as `application/problem+json`."""

    title: str = Field(description="The status in words", examples=["Unprocessable Entity"])
    status: int = Field(description="The status of the answer", examples=[422])
    detail: str = Field(
        description="What happened, to what, and what to do about it",
        examples=["the query is empty; write a question or some words"],
    )
    code: Code = Field(description="What a program can decide by")


class Refused(Exception):
    """A request that the service does not answer, for a reason of its own.

    Args:
        status: The status of the answer.
        code: What a program decides by.
        detail: A sentence for people.
        retry_after_s: Whole seconds after which the same request may be answered.
    """

    def __init__(
        self, status: HTTPStatus, code: Code, detail: str, retry_after_s: int | None = None
    ) -> None:
        super().__init__(status, code, detail, retry_after_s)
        self.status = status
        self.code: Code = code
        self.detail = detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.detail


def forbidden(detail: str) -> Refused:
    """Return the refusal of what this caller may not ask for."""
    return Refused(HTTPStatus.FORBIDDEN, "forbidden", detail)


def as_refusal(error: Exception) -> Refused:
    """Return an error as what a caller may read of it.

    What may name a place of this machine is logged instead.
    """
    if isinstance(error, Refused):
        return error
    if isinstance(error, ValueMissing):
        return Refused(HTTPStatus.FORBIDDEN, "value_missing", mask_secrets(str(error)))
    if isinstance(error, SettingsError):
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", mask_secrets(str(error)))
    if isinstance(error, NotFound):
        return Refused(HTTPStatus.NOT_FOUND, "not_found", mask_secrets(str(error)))
    _log.error("%s", mask_secrets(in_words(error)))
    if isinstance(error, EmbeddingError):
        return Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "model_unavailable",
            "the embedding model cannot be used now; search with mode text, or try again",
            5,
        )
    if isinstance(error, VouchError):
        return Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            "the index cannot be read now; try again, and see the log of the service",
            5,
        )
    return Refused(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected",
        "something unexpected happened; the log of the service says what",
    )


def problem_response(refused: Refused) -> Response:
    """Return the answer to a request that is refused."""
    problem = Problem(
        title=refused.status.phrase,
        status=refused.status,
        detail=refused.detail,
        code=refused.code,
    )
    headers = {}
    if refused.retry_after_s is not None:
        headers["Retry-After"] = str(refused.retry_after_s)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="vouch"'
    if refused.code in ("too_large", "too_slow"):
        # What is still sent is not read.
        headers["Connection"] = "close"
    return JSONResponse(problem.model_dump(), refused.status, headers, MEDIA_TYPE)
