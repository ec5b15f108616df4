"""`vouch copy-index`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.run_output import short_path


def copy_index(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="An empty folder, or a URL such as s3://bucket/index.")],
) -> None:
    """Copy the index to another folder or bucket, with its history.

    The settings stay as they are: change index.path when the copy is complete.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.index_copy import copy_index as copy_to

    output: Output = context.obj
    place, files, size = copy_to(read_settings(output.config), to)
    if not output.print_json({"index": place.url, "files": files, "bytes": size}):
        output.print_line(
            f"Copied {files:,} files, {size / 1e6:,.1f} MB, to {escape(short_path(place.url))}. "
            "Next: set [bold]index.path[/] to it, then `vouch doctor`."
        )
