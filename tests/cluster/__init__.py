"""Runs on a cluster and an object store, while machines, network and store fail."""
