"""Propose settings for a folder or bucket, from what is in it."""
