"""Prove rows, and trace a chunk back to its source."""
