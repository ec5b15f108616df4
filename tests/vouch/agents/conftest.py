"""The project with an access list and its servers: see `tests.vouch.service.conftest`."""

from tests.vouch.service.conftest import anybody, library, locked, project

__all__ = ["anybody", "library", "locked", "project"]
