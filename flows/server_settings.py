"""Finds out whether a Prefect server is configured, without importing Prefect where that can be
avoided, and whether it answers.

Importing Prefect takes a second or two, which a run without a server need not spend.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from vouch.schemas.errors import VouchError
from vouch.schemas.process.private_folder import make_private_folder

_URL = "PREFECT_API_URL"
# The files from which Prefect takes settings too, with the text in them that may configure a
# server.
_FILES = {"prefect.toml": "api", "pyproject.toml": "[tool.prefect", ".env": _URL}


def is_server_configured() -> bool:
    """Return whether PREFECT_API_URL, a Prefect profile or a settings file names a server."""
    if os.environ.get(_URL):
        return True
    if not _may_be_configured():
        return False
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


def _may_be_configured() -> bool:
    if "PREFECT_PROFILES_PATH" in os.environ:
        return True
    home = Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()
    files = [(Path.cwd() / name, text) for name, text in _FILES.items()]
    files.append((home / "profiles.toml", _URL))
    return any(
        file.is_file() and text in file.read_text("utf-8", "replace") for file, text in files
    )


def require_server() -> None:
    """Raise `VouchError` if the configured server does not answer, or not to this login."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    with get_client(sync_client=True) as client:
        problem = client.api_healthcheck()
        if problem is not None:
            raise VouchError(
                f"the Prefect server at {url} cannot be used ({problem}); start it with `prefect "
                "server start`, correct PREFECT_API_URL, or run with `--runner local`"
            )
        try:
            client.api_version()  # the check of health needs no login
        except PrefectHTTPStatusError as error:
            if error.response.status_code != 401:
                raise
            raise VouchError(
                f"the Prefect server at {url} requires another login; set PREFECT_API_AUTH_STRING "
                "to the user:password of its PREFECT_SERVER_API_AUTH_STRING, or run with "
                "`--runner local`"
            ) from error


def keep_database_in(folder: Path) -> None:
    """Let an ephemeral server keep its database in `folder`, unless PREFECT_HOME names another.

    Otherwise it would be in the home folder, and runs of all projects in one list. Raises
    `VouchError` where the database is damaged: the server would neither start nor say why.
    """
    if "PREFECT_HOME" not in os.environ:
        make_private_folder(folder)  # the server does not make it
        os.environ["PREFECT_HOME"] = str(folder)
    database = Path(os.environ["PREFECT_HOME"]).expanduser() / "prefect.db"
    if not database.is_file():
        return
    try:
        with closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        ) as opened:
            opened.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return  # in use, or not readable at this moment: the server decides
    except sqlite3.DatabaseError as error:
        raise VouchError(
            f"{database}, where Prefect keeps its flow runs, is damaged ({error}); move it away to "
            "begin a new one, or run with `--runner local`. The index and Vouch's own runs are not "
            "in it"
        ) from error
