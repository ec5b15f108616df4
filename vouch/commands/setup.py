"""`vouch init` and `vouch schema`."""

import json
from typing import Annotated

import typer

from vouch.console import Output
from vouch.schemas.errors import SettingsError

TEMPLATE = """\
# What to ingest and what must hold. `vouch schema` prints all keys with their defaults, for editors and for people.
# yaml-language-server: $schema=./vouch.schema.json
sources:
  - name: {name}
    path: {path}
    # include: ["*.md", "*.pdf"]
    # exclude: ["drafts/"]

chunking:
  max_tokens: 160 # of a chunk's own text; with heading_tokens (96) it is what the model reads

embedding:
  model: all-MiniLM-L6-v2 # comes with the environment; else a folder with a sentence-transformers model

contracts:
  batch:
    max_quarantine_share: 0.5 # more rejects the run

index:
  path: data/index
"""


def init(
    context: typer.Context,
    path: Annotated[str, typer.Option(help="The folder of documents.")] = "documents",
    name: Annotated[
        str, typer.Option(help="The source's name; part of every document's identity.")
    ] = "documents",
) -> None:
    """Write an example vouch.yaml (--config says where), and its JSON Schema beside it for editors."""
    output: Output = context.obj
    if output.config.exists():
        raise SettingsError(
            f"{output.config} is there already; remove it first, or name another with --config"
        )
    output.config.write_text(TEMPLATE.format(name=name, path=path), encoding="utf-8")
    schema_file = output.config.parent / "vouch.schema.json"
    schema_file.write_text(_schema(), encoding="utf-8")
    if not output.result({"settings": output.config, "schema": schema_file}):
        output.say(
            f"Wrote {output.config} and {schema_file}. Next: `vouch plan`, then `vouch ingest`."
        )


def schema(context: typer.Context) -> None:
    """Print the JSON Schema of vouch.yaml."""
    print(_schema())


def _schema() -> str:
    from vouch.schemas.settings import Settings

    return json.dumps(Settings.model_json_schema(), indent=2)
