"""`vouch init` and `vouch schema`."""

import json
from typing import Annotated

import typer

from vouch.console import Output
from vouch.schemas.errors import SettingsError

TEMPLATE = """\
# What to ingest and which checks must pass. `vouch schema` prints all keys with their defaults.
# yaml-language-server: $schema=./vouch.schema.json
sources:
  - name: {name}
    path: {path}
    # include: ["*.md", "*.pdf"]
    # exclude: ["drafts/"]

chunking:
  max_tokens: 160 # of a chunk's own text; with heading_tokens (96) it is what the model reads

embedding:
  model: all-MiniLM-L6-v2 # installed with Vouch; or a folder with a sentence-transformers model

contracts:
  batch:
    max_quarantine_share: 0.5 # a higher share rejects the run

index:
  path: data/index
"""


def init(
    context: typer.Context,
    path: Annotated[str, typer.Option(help="The folder of documents.")] = "documents",
    name: Annotated[
        str, typer.Option(help="The source's name, which becomes part of every document's id.")
    ] = "documents",
) -> None:
    """Write an example vouch.yaml and its JSON Schema.

    `--config` names another file for the settings. The schema is for editors, and is written to
    the same folder.
    """
    from vouch.pipeline.context.text_files import write_text

    output: Output = context.obj
    if output.config.exists():
        raise SettingsError(
            f"{output.config} exists already; remove it first, or name another file with --config"
        )
    write_text(output.config, TEMPLATE.format(name=name, path=path))
    schema_file = output.config.parent / "vouch.schema.json"
    write_text(schema_file, _schema())
    if not output.print_json({"settings": output.config, "schema": schema_file}):
        output.print_line(
            f"Wrote {output.config} and {schema_file}. Next: `vouch plan`, then `vouch ingest`."
        )


def schema(context: typer.Context) -> None:
    """Print the JSON Schema of vouch.yaml."""
    print(_schema())


def _schema() -> str:
    from vouch.schemas.settings.vouch_yaml import Settings

    return json.dumps(Settings.model_json_schema(), indent=2)
