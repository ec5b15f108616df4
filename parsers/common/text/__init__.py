"""Decode and clean text, for every format."""
