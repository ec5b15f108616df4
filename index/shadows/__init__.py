"""Shadows: generations that are kept beside the published one, to be compared with it."""
