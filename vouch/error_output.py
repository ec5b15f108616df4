"""Reports how a command has failed: a sentence on standard error, or JSON on standard output."""

import re
import sys
import traceback
from contextlib import suppress
from typing import Any

from typer.exceptions import TyperException

from vouch.console import harmless, json_text
from vouch.schemas.errors import in_words

WRONG_USAGE = 2
TRACEBACK = "VOUCH_TRACEBACK"
# A message says what has happened; what to do follows in a clause or a sentence of its own.
_ADVICE = re.compile(r"; |\. (?=[A-Z`])")
_ENCLOSED = re.compile(r"\([^()]*\)|`[^`]*`|'[^']*'|\"[^\"]*\"")


def report_error(message: str, code: int, *, as_json: bool) -> None:
    """Print why a command failed, for people or as JSON for programs.

    Nobody may read it any more: the exit code says it all the same.
    """
    with suppress(OSError):
        if as_json:
            print(error_json(message, code), flush=True)
        else:
            print(f"vouch: {harmless(message)}", file=sys.stderr)


def error_json(message: str, code: int) -> str:
    """Return an error as `{"error": {"code", "message", "hint"}}`."""
    fact, hint = split_hint(message)
    return json_text({"error": {"code": code, "message": fact, "hint": hint}})


def split_hint(message: str) -> tuple[str, str | None]:
    """Return what has happened, and what to do about it if the message says that."""
    # Several problems of the settings are a line each, with advice of their own.
    if "\n" in message:
        return message, None
    # What is quoted may contain anything.
    masked = _ENCLOSED.sub(lambda match: "_" * len(match[0]), message)
    border = _ADVICE.search(masked)
    if border is None:
        return message, None
    return message[: border.start()], message[border.end() :]


def usage_message(error: TyperException) -> tuple[str, str]:
    """Return what is wrong with the arguments, and the usage of the command, if it was one."""
    context: Any = getattr(error, "ctx", None)
    usage = f"{context.get_usage()}\n" if context else ""
    path = context.command_path if context else "vouch"
    message = error.format_message().rstrip(".")
    if usage and error.message.startswith(usage.partition("\n")[0]):  # the help page as a whole
        message = "a command is missing"
    return f"{message}; `{path} --help` shows what it takes", usage


def unexpected(error: Exception) -> str:
    """Return a sentence for an error that nobody has foreseen."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = place.filename.replace("\\", "/").rpartition("/")[2]
    return (
        f"an error that Vouch does not know: {in_words(error)} (in {file}, line {place.lineno}); "
        f"please report it with what {TRACEBACK}=1 prints of the same command"
    )
