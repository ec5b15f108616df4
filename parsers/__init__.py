"""Turn the bytes of a document into a `Document`: one package a format, one registry.

Pure: a parser uses no network and no index, and no format imports another format's parser.
"""
