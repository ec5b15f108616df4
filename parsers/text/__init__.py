"""Parse plain text, source code, JSON, XML, delimited text, table rows and zip archives."""
