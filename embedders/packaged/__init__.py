"""Embedding models that come inside Python packages: nothing is downloaded."""
