"""Where documents come from: files, wherever they are, or the rows of a table."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from vouch.schemas.process.environment import mask_urls
from vouch.schemas.settings.choices import Comparison, Engine
from vouch.schemas.settings.path_fields import PathFields
from vouch.schemas.settings.source_contract import SourceContract
from vouch.schemas.settings.table_source import PATH_DATE, TableSource
from vouch.schemas.strict import Strict


class FilesSource(Strict):
    """Files of a folder, a glob, a bucket, or wherever fsspec reaches: `zip://*::file.zip`, …"""

    kind: Literal["files"] = Field(default="files", description="Each file becomes a document")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="Short name; part of the id of every document of this source",
    )
    path: str = Field(min_length=1, description="Folder, glob, bucket or fsspec URL")
    include: tuple[str, ...] = Field(
        default=("**/*",),
        description="Glob patterns below the path; files that match none are ignored",
    )
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Glob patterns below the path; matching files are counted as filtered",
    )
    max_file_mb: float = Field(
        default=100.0,
        gt=0,
        description=(
            "Larger files are counted as filtered; one that turns out larger while it is read is "
            "quarantined"
        ),
    )
    fetch_timeout_s: float = Field(
        default=300.0,
        gt=0,
        description=(
            "Time limit for reading a file, with all attempts, or listing a folder; past it, the "
            "file is quarantined and retried later, or the listing is incomplete"
        ),
    )
    list_timeout_s: float = Field(
        default=3600.0,
        gt=0,
        description="Time limit for listing all files; past it, the listing is incomplete",
    )
    compare: Comparison = Field(
        default=Comparison.CHANGE_TIME,
        description=(
            "By what a changed file is noticed. `change_time`: size, modification time and, in a "
            "local folder, the time of the last change to the file's inode, which no program can "
            "set; elsewhere the store's etag. `modified`: without the inode. `content`: every run "
            "reads and hashes every file"
        ),
    )
    path_date: str = Field(
        default=PATH_DATE,
        description=(
            "Regular expression with the groups year, month and day that finds the date in a "
            "path, for `vouch backfill --by path`"
        ),
    )
    path_fields: PathFields = Field(
        default=(),
        description=(
            "Parts of a path that become fields of its documents: `{client}/{year}/**`, a list of "
            "such patterns of which the first that matches counts, or `hive` for folders such as "
            "`year=2024`. Fields of a document's own come first"
        ),
    )
    hidden: bool = Field(
        default=False, description="Include files and folders whose name begins with a dot"
    )
    storage_options: dict[str, str | int | bool] = Field(
        default_factory=dict,
        # They may contain keys, and settings are printed in errors.
        repr=False,
        description=(
            "Options of a bucket, or of fsspec's driver; ${NAME} and ${secret:NAME} are replaced"
        ),
    )
    contract: SourceContract = Field(
        default=SourceContract(), description="Rules for the documents of this source"
    )
    engines: dict[str, Engine] = Field(
        default_factory=dict,
        description="Like `parsing.engines`, and before it, for the documents of this source",
    )

    @property
    def place(self) -> str:
        """The path for display: without user, password and options."""
        return mask_urls(self.path)


SourceSettings: TypeAlias = FilesSource | TableSource
_KINDS: dict[str, type[FilesSource] | type[TableSource]] = {
    "files": FilesSource,
    "table": TableSource,
}


def _validate_by_kind(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Validate a source by its `kind` ("files" by default).

    With pydantic's own union, an error in one kind would be reported together with the errors of
    all other kinds.
    """
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind", "files")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError(f"a source's kind is {' or '.join(_KINDS)}, not {str(kind)[:100]!r}")
    return _KINDS[kind].model_validate(value)


AnySource = Annotated[SourceSettings, BeforeValidator(_validate_by_kind)]
