"""Lets lancedb be imported without its client for a REST service of its vendor, which nobody here talks to.

That client is generated code: importing it builds some hundred validators, and takes longer than all the rest of lancedb.
What lancedb takes from it at import are its models; the rest is imported when somebody asks for it.
"""

import importlib.util
import sys
from typing import Any

_CLIENT = "lance_namespace_urllib3_client"


def defer_rest_client() -> None:
    """To be called before lancedb is imported; does nothing where the client is imported already, or not installed."""
    spec = None if _CLIENT in sys.modules else importlib.util.find_spec(_CLIENT)
    if spec is None or spec.loader is None:
        return
    package = importlib.util.module_from_spec(spec)
    execute = spec.loader.exec_module

    def load(name: str) -> Any:  # noqa: ANN401 - whatever the client has
        """The package as it is, at the first name that is asked of it."""
        del package.__dict__["__getattr__"]
        execute(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = load
    # Submodules are found by the path that its spec gave it, without its own code having run.
    sys.modules[_CLIENT] = package
