"""Retrievers of the frameworks LangChain, LlamaIndex and Haystack, each an extra of its own.

Each searches an index of this machine or bucket, or a running `vouch serve`, and returns passages
as the framework's documents, with the citation among their metadata.
"""
