"""Run parsing, redaction and chunking in worker processes with limits on time and memory."""
