"""lancedb without the client of its vendor's service, until somebody asks for that."""

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
import vouch, lancedb
client = "lance_namespace_urllib3_client"
assert client in sys.modules
assert not [name for name in sys.modules if name.startswith(client + ".api")]
import lance_namespace_urllib3_client as whole
assert whole.TableApi.__module__ == client + ".api.table_api"
assert whole.ApiClient and whole.__version__
try:
    whole.nothing_of_the_kind
except AttributeError:
    print("as it is")
"""


def test_the_rest_client_is_imported_when_it_is_asked_for():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, "as it is"), done.stderr
