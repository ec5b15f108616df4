"""How fast it is and what it takes, beside a named baseline of the same run: `python -m benchmarks.speed CORPORA NAME…`."""
