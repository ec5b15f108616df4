"""Parse reStructuredText."""
