"""Decide, from the listings and the state of the index, what to do with each document. Changes
nothing.
"""
