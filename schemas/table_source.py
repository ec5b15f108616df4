"""A table as a source: each row becomes a document by a text template.

A table is told by `path` (files anywhere that fsspec reaches) or by `url` (a database), never by both.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from vouch.schemas.contract import SourceContract
from vouch.schemas.ids import fingerprint
from vouch.schemas.row_template import check_template
from vouch.schemas.strict import Strict

PATH_DATE = r"(?P<year>(?:19|20)\d\d)(?:[-_/.]?(?P<month>0[1-9]|1[0-2])(?:[-_/.]?(?P<day>0[1-9]|[12]\d|3[01]))?)?"

ColumnType = Literal["text", "number", "integer", "boolean", "date", "datetime"]
TableFormat = Literal["csv", "tsv", "parquet", "jsonl"]


def _template(source: str) -> str:
    check_template(source)
    return source


Template = Annotated[str, Field(min_length=1), AfterValidator(_template)]
Column = Annotated[str, Field(min_length=1)]


class TableSource(Strict):
    """Rows of CSV, TSV, Parquet or JSON lines, or of what a database answers to a query."""

    kind: Literal["table"] = Field(default="table", description="Each row is a document")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="Short name; part of every document's identity",
    )
    path: str | None = Field(
        default=None, min_length=1, description="File, folder, glob or fsspec URL of table files"
    )
    url: str | None = Field(
        default=None,
        min_length=1,
        repr=False,
        description="SQLAlchemy URL; ${NAME} is taken from the environment",
    )
    query: str | None = Field(
        default=None, min_length=1, description="With a url: what to ask; read only"
    )
    table: str | None = Field(
        default=None, min_length=1, description="With a url: all of a table, instead of a query"
    )
    key: tuple[Column, ...] = Field(
        min_length=1, description="Columns that identify a row; part of its document's identity"
    )
    text: Template = Field(description="Jinja template of a row's text")
    title: Template | None = Field(default=None, description="Jinja template of a row's title")
    metadata: tuple[Column, ...] | None = Field(
        default=None,
        description="Columns kept as metadata, with the contract's fields; default: what `text` does not show, and the key",
    )
    modified: str | None = Field(
        default=None, description="Column with a row's source time; without a zone it is UTC"
    )
    cursor: str | None = Field(
        default=None,
        description="Column that grows with each change: only rows at or past the newest held are listed",
    )
    types: dict[str, ColumnType] = Field(
        default_factory=dict, description="Types of columns, as the templates see them"
    )
    format: TableFormat | None = Field(
        default=None, description="Of all files of the path; default: by each one's name"
    )
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="Of csv; default: comma, of tsv: tab"
    )
    encoding: str = Field(default="utf-8-sig", description="Of csv, tsv and jsonl files")
    include: tuple[str, ...] = Field(
        default=("**/*",), description="Glob patterns below the path; others are not listed"
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Glob patterns below the path that are filtered"
    )
    path_date: str = Field(
        default=PATH_DATE, description="As of a files source: the date in a row's uri"
    )
    storage_options: dict[str, str | int | bool] = Field(
        default_factory=dict,
        repr=False,
        description="Passed to fsspec; ${NAME} and ${secret:NAME} are filled in",
    )
    contract: SourceContract = Field(
        default=SourceContract(), description="What must hold for its documents"
    )

    @model_validator(mode="after")
    def _one_place(self) -> "TableSource":
        if (self.path is None) == (self.url is None):
            raise ValueError("a table has either a path or a url")
        if self.url is not None and (self.query is None) == (self.table is None):
            raise ValueError("a table with a url has either a query or a table")
        if self.path is not None and (self.query or self.table):
            raise ValueError("query and table go with a url, not with a path")
        twice = sorted({column for column in self.key if self.key.count(column) > 1})
        if twice:
            raise ValueError(f"the key names {', '.join(twice)} twice")
        return self

    @property
    def place(self) -> str:
        """The path or URL as it may be shown: without user, password and options."""
        return without_secrets(self.path or self.url or "")

    @property
    def reading(self) -> str:
        """Changes with every setting that may change which rows there are or what is made of them, 16 hex characters."""
        told = self.model_dump(
            exclude={"name", "path", "url", "path_date", "storage_options", "contract"}
        )
        return fingerprint({**told, "place": self.place, "contract": sorted(self.contract.fields)})


def without_secrets(url: str) -> str:
    """`postgresql://me:secret@host/db?sslmode=x` as `postgresql://***@host/db`; what is no URL stays as it is."""
    scheme, border, rest = url.partition("://")
    if not border:
        return url
    rest = re.sub(r"^.*@", "***@", rest, flags=re.DOTALL)
    return f"{scheme}://{rest.split('?', 1)[0]}"
