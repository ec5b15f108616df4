"""Measurements of quality and speed on real documents: the figures of BENCHMARKS.md."""
