"""Import lancedb faster, in processes that Vouch owns.

lancedb imports the generated client of its vendor's REST service, which Vouch never talks to:
some hundred models and their validators, 0.5 of the 1.4 processor seconds that importing lancedb
takes. What lancedb itself needs from the client at import are the models; the rest can wait.

Replacing a module in `sys.modules` is a change to the whole process. The command line and the
flows may make it; a user's program that imports Vouch must not be changed by that.
"""

import importlib.util
import sys
from typing import Any

_CLIENT = "lance_namespace_urllib3_client"


def defer_rest_client() -> None:
    """Let the REST client be executed at the first use of one of its names.

    Must be called before lancedb is imported. Does nothing where the client is imported already
    or is not installed.
    """
    spec = None if _CLIENT in sys.modules else importlib.util.find_spec(_CLIENT)
    if spec is None or spec.loader is None:
        return
    package = importlib.util.module_from_spec(spec)
    execute = spec.loader.exec_module

    def load(name: str) -> Any:  # noqa: ANN401 - any attribute of the client
        """Execute the package, and return the attribute that was looked up first."""
        del package.__dict__["__getattr__"]
        execute(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = load
    # Submodules are found by the search path in the spec, so they can be imported without the
    # package's own code having run.
    sys.modules[_CLIENT] = package
