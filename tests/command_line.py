"""Runs `vouch` in this process, as a new one would: that imports for seconds."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from vouch.cli import main
from vouch.schemas.process import environment


@dataclass(frozen=True)
class Shown:
    """What a command showed, and its exit code."""

    code: int
    output: str
    errors: str


def run_command(*arguments: str) -> Shown:
    """Run a command in the current folder."""
    output, errors, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["vouch", *arguments]),
        # What earlier commands and tests have filled in would be masked in what this one shows.
        mock.patch.object(environment, "_filled_in", set()),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            main()
        except SystemExit as exit:
            code = int(exit.code or 0)
    return Shown(code, output.getvalue(), errors.getvalue())
