"""What is published: LanceDB tables, publishing and versions, search, vector indexes, lineage.

Importing this package changes nothing in the process that imports it, so that a program of a
user's own can search an index.
"""
