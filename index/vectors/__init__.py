"""Index vectors, tune the index by recall, and monitor that recall."""
