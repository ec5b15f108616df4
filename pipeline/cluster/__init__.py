"""Shards on worker processes elsewhere, by Dask: the only code that imports `distributed`.

It is imported where a run has a cluster, and nowhere else: `vouch.pipeline.shard_workers`.
"""
