"""Reads documents by the library unstructured, and the elements that it has written to files."""
