"""Help pages on which nothing is cut: the sentence of each command is wrapped instead."""

from typing import Any, ClassVar

from typer.core import TyperGroup


class Commands(TyperGroup):
    """A group that lists its commands with their whole first sentence.

    Typer cuts it where it does not fit into the line, and puts three dots there.
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own classes
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=1_000)))
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class CommandsWithExitCodes(Commands):
    """The commands of the program itself, with a table of its exit codes below them."""

    exit_codes: ClassVar[dict[int, str]] = {}

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own classes
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{code:>3}", text) for code, text in self.exit_codes.items()])
