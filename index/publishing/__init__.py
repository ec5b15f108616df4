"""Publish a candidate, keep its versions, and go back."""
