"""Cut the canonical text of a document into chunks. Imports no parser."""
