"""Where from: list and fetch."""
