"""Hostile input and broken storage: nothing gets in, nothing is lost, there is a way out."""
