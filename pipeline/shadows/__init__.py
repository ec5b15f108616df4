"""Shadows: made, kept up to date, compared with the published state, and published."""
