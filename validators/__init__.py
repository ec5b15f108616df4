"""Decide whether data is good, and why it is not.

`rows` checks single rows and texts, `batch` a candidate as a whole, `drift` its distance from the
published state, `retrieval` golden queries, `policy` what no text may carry.
"""
