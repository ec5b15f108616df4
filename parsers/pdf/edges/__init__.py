"""Distinguish what belongs to a page from what belongs to its text."""
