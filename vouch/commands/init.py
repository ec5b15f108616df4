"""`vouch init` and `vouch schema`."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.progress_bars import progress_bars
from vouch.schemas.errors import SettingsError, SourceRefused

_LOOK_S = 60.0


def init(
    context: typer.Context,
    path: Annotated[
        str,
        typer.Option(help="The folder of documents, or a URL such as s3://bucket/documents."),
    ] = "documents",
    name: Annotated[
        str, typer.Option(help="The source's name, which becomes part of every document's id.")
    ] = "documents",
    sample: Annotated[
        int, typer.Option(min=0, help="How many documents to read for the proposal.")
    ] = 200,
) -> None:
    """Look at a folder of documents, and write a vouch.yaml that suits it, and its JSON Schema.

    Languages, rules of the contract, policy and thresholds are proposed from what is there, with
    what was seen as comments. `--config` names another file for the settings. The schema is for
    editors, and is written to the same folder.
    """
    from pydantic import ValidationError

    from vouch.embedders.packaged.multilingual import is_available
    from vouch.pipeline.context.text_files import write_text
    from vouch.pipeline.operations.proposal.settings_text import settings_text
    from vouch.pipeline.operations.proposal.survey import survey
    from vouch.schemas.settings.sources import FilesSource
    from vouch.sources.registry import check_source

    output: Output = context.obj
    if output.config.exists():
        raise SettingsError(
            f"{output.config} exists already; remove it first, or name another file with --config"
        )
    folder = output.config.resolve().parent
    if not folder.is_dir():  # found out before minutes of reading, not after
        raise SettingsError(
            f"{output.config} cannot be written: No such file or directory; name a file in a "
            "folder that exists"
        )
    try:
        source = FilesSource(name=name, path=_path_from(folder, path))
    except ValidationError as error:
        raise SettingsError(
            f"--name {name!r}: a name has small letters, digits, - and _, and begins with a letter "
            "or digit"
            if any(problem["loc"] == ("name",) for problem in error.errors())
            else "--path is empty; name the folder of the documents"
        ) from None
    try:
        check_source(source, folder)
        with progress_bars(output):
            seen = survey(source, folder, sample, _LOOK_S)
        text = settings_text(seen, has_multilingual=is_available())
    except SourceRefused as error:
        problem = str(error).removeprefix(f"source {name}: ")
        problem = problem.replace("correct its path in vouch.yaml", "name the documents' folder")
        raise SettingsError(f"--path: {problem}") from error
    write_text(output.config, text)
    schema_file = output.config.parent / "vouch.schema.json"
    write_text(schema_file, _schema())
    if not output.print_json({"settings": output.config, "schema": schema_file}):
        output.print_line(
            f"Wrote {escape(str(output.config))} and {escape(str(schema_file))}. Look at what was "
            "proposed; next: `vouch plan`, then `vouch ingest`."
        )


def _path_from(folder: Path, path: str) -> str:
    """Return a path as the settings in this folder name it: typed, it counts from the current one.

    URLs, patterns and paths from the root or from home are returned as they are.
    """
    if "://" in path or "::" in path or not path or path.startswith(("~", os.sep)):
        return path
    if Path.cwd() == folder:
        return path
    return os.path.relpath(Path.cwd() / path, folder)


def schema(context: typer.Context) -> None:
    """Print the JSON Schema of vouch.yaml."""
    print(_schema())


def _schema() -> str:
    from vouch.schemas.settings.vouch_yaml import Settings

    return json.dumps(Settings.model_json_schema(), indent=2)
