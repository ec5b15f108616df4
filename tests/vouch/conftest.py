"""The published project of the tests of whole runs, for commands that read an index."""

from tests.pipeline.conftest import published, published_project

__all__ = ["published", "published_project"]
