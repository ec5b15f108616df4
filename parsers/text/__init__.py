"""Parse plain text, source code, JSON, XML, delimited text and table rows."""
