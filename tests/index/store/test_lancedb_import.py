"""What importing the index does to the process that imports it."""

import subprocess
import sys
from pathlib import Path

DEFERRED = """
import sys
from vouch.index.store.lancedb_import import defer_rest_client
defer_rest_client()
import lancedb
client = "lance_namespace_urllib3_client"
assert client in sys.modules
assert not [name for name in sys.modules if name.startswith(client + ".api")]
import lance_namespace_urllib3_client as package
assert package.TableApi.__module__ == client + ".api.table_api"
assert package.ApiClient and package.__version__
try:
    package.no_such_name
except AttributeError:
    print("passed")
"""
UNCHANGED = """
import os
import lancedb, numpy, polars, pyarrow  # whatever these set by themselves is theirs
before = dict(os.environ)
import vouch.index.search.searcher
import lance_namespace_urllib3_client as package
assert "__getattr__" not in vars(package)
assert dict(os.environ) == before, set(os.environ) ^ set(before)
print("passed")
"""


def passes(code: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (finished.returncode, finished.stdout.strip()) == (0, "passed"), finished.stderr


def test_the_rest_client_is_imported_at_its_first_use():
    passes(DEFERRED)


def test_importing_the_search_changes_nothing_in_the_process():
    passes(UNCHANGED)
