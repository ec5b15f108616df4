"""Search the published state."""
