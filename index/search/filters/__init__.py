"""Filters of a search as conditions of the store."""
