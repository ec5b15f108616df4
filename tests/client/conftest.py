"""The project with an access list and its servers, of the tests of the service."""

from tests.vouch.service.conftest import anybody, library, locked, project

__all__ = ["anybody", "library", "locked", "project"]
