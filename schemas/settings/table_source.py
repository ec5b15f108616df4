"""A table as a source: each row becomes a document by a text template.

A table is named by `path` (files wherever fsspec reaches) or by `url` (a database), never by both.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.settings.path_fields import PathFields
from vouch.schemas.settings.row_template import checked_template
from vouch.schemas.settings.source_contract import SourceContract
from vouch.schemas.strict import Strict

PATH_DATE = (
    r"(?P<year>(?:19|20)\d\d)"
    r"(?:[-_/.]?(?P<month>0[1-9]|1[0-2])(?:[-_/.]?(?P<day>0[1-9]|[12]\d|3[01]))?)?"
)

ColumnType = Literal["text", "number", "integer", "boolean", "date", "datetime"]
TableFormat = Literal["csv", "tsv", "parquet", "jsonl"]


Template = Annotated[str, Field(min_length=1), AfterValidator(checked_template)]
Column = Annotated[str, Field(min_length=1)]


class TableSource(Strict):
    """Rows of CSV, TSV, Parquet or JSON lines files, or of a database table or query."""

    kind: Literal["table"] = Field(default="table", description="Each row becomes a document")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="Short name; part of the id of every document of this source",
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="File, folder, glob, bucket or fsspec URL of table files",
    )
    url: str | None = Field(
        default=None,
        min_length=1,
        repr=False,
        description="SQLAlchemy or ADBC URL; ${NAME} and ${secret:NAME} are replaced",
    )
    query: str | None = Field(
        default=None, min_length=1, description="With a url: the query, run read-only"
    )
    table: str | None = Field(
        default=None, min_length=1, description="With a url: the table to read, instead of a query"
    )
    key: tuple[Column, ...] = Field(
        min_length=1, description="Columns that identify a row; part of its document's id"
    )
    text: Template = Field(description="Jinja template of a document's text")
    title: Template | None = Field(default=None, description="Jinja template of a document's title")
    metadata: tuple[Column, ...] | None = Field(
        default=None,
        description=(
            "Columns stored as metadata, besides the contract's fields; default: the key and the "
            "columns that `text` does not contain"
        ),
    )
    modified: str | None = Field(
        default=None,
        description="Column with the modification time of a row; UTC where it has no time zone",
    )
    cursor: str | None = Field(
        default=None,
        description=(
            "Column that grows with each change, for incremental runs: only rows at or past the "
            "greatest indexed value are listed"
        ),
    )
    types: dict[str, ColumnType] = Field(
        default_factory=dict, description="Types to which columns are converted for the templates"
    )
    format: TableFormat | None = Field(
        default=None, description="Format of all files; default: by each file's name"
    )
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Delimiter; default: a comma in csv, a tab in tsv",
    )
    encoding: str = Field(default="utf-8-sig", description="Encoding of csv, tsv and jsonl files")
    include: tuple[str, ...] = Field(
        default=("**/*",),
        description="Glob patterns below the path; files that match none are ignored",
    )
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Glob patterns below the path; matching files are counted as filtered",
    )
    path_date: str = Field(
        default=PATH_DATE,
        description="As in a files source: finds the date in a row's uri, for backfills by path",
    )
    path_fields: PathFields = Field(
        default=(),
        description=(
            "As in a files source, of the path of a row's file: `{client}/{year}/**`, a list of "
            "such patterns of which the first that matches counts, or `hive` for folders such as "
            "`year=2024`. Fields of a document's own come first"
        ),
    )
    list_timeout_s: float = Field(
        default=3600.0,
        gt=0,
        description="Time limit for reading all rows; past it, the listing is incomplete",
    )
    max_rows: int = Field(
        default=5_000_000,
        ge=1,
        description="Further rows are not listed; the listing is then incomplete",
    )
    max_rows_mb: float = Field(
        default=20_000.0,
        gt=0,
        description="How many MB the rows may have together, on disk while a run reads; likewise",
    )
    storage_options: dict[str, str | int | bool] = Field(
        default_factory=dict,
        repr=False,
        description=(
            "Options of a bucket, or of fsspec's driver; ${NAME} and ${secret:NAME} are replaced"
        ),
    )
    contract: SourceContract = Field(
        default=SourceContract(), description="Rules for the documents of this source"
    )

    @model_validator(mode="after")
    def _names_one_table(self) -> "TableSource":
        if (self.path is None) == (self.url is None):
            raise ValueError("a table has either a path or a url")
        if self.url is not None and (self.query is None) == (self.table is None):
            raise ValueError("a table with a url has either a query or a table")
        if self.path is not None and (self.query or self.table):
            raise ValueError("query and table go with a url, not with a path")
        if self.path_fields and self.path is None:
            raise ValueError("path_fields go with a path: rows of a database have none")
        repeated = sorted({column for column in self.key if self.key.count(column) > 1})
        if repeated:
            raise ValueError(f"the key names {', '.join(repeated)} twice")
        return self

    @property
    def place(self) -> str:
        """The path or URL for display: without user, password and options."""
        return without_secrets(self.path or self.url or "")

    @property
    def reading(self) -> str:
        """Fingerprint of every setting that determines the rows and their documents.

        It is part of each row's etag, so that a changed template makes all rows new.
        """
        relevant = self.model_dump(
            exclude={
                "name",
                "path",
                "url",
                "path_date",
                "path_fields",
                "storage_options",
                "contract",
                "list_timeout_s",
                "max_rows",
                "max_rows_mb",
            }
        )
        return fingerprint(
            {**relevant, "place": self.place, "contract": sorted(self.contract.fields)}
        )


def without_secrets(url: str) -> str:
    """Return a URL without user, password and options; anything else is returned unchanged.

    `postgresql://me:secret@host/db?sslmode=x` becomes `postgresql://***@host/db`.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    # Up to the last @, because a password may contain one, or a slash.
    rest = re.sub(r"^.*@", "***@", rest, flags=re.DOTALL)
    return f"{scheme}://{rest.split('?', 1)[0]}"
