"""The file of golden queries: what people add to it, import, list and remove."""
