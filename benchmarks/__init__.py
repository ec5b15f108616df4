"""How good and how fast: figures for BENCHMARKS.md, on real documents."""
