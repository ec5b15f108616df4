"""A client of `vouch serve`, for programs that search an index which is somewhere else.

    from vouch_client import Client, field

    with Client("http://127.0.0.1:8420", key="…") as client:
        for hit in client.search("How long is parental leave?", filters=field("acl") == "staff"):
            print(hit.citation, hit.text)

It needs httpx, and neither a model nor the index.
"""

from vouch_client.answers import Answer, Context, Document, Health, Hit
from vouch_client.client import AsyncClient, Client
from vouch_client.errors import (
    NotAllowed,
    NotFound,
    Refused,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from vouch_client.filters import Condition, Field, field

__all__ = [
    "Answer",
    "AsyncClient",
    "Client",
    "Condition",
    "Context",
    "Document",
    "Field",
    "Health",
    "Hit",
    "NotAllowed",
    "NotFound",
    "Refused",
    "ServiceError",
    "TooManyRequests",
    "Unavailable",
    "field",
]
