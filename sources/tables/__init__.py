"""Rows of table files and databases as documents."""
