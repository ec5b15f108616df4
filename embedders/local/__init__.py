"""Models whose weights are on this machine: found, checked, loaded, and run."""
