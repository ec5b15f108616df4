"""Contain parsing, redaction and chunking in processes with limits on time and memory."""
