"""Services that embed: requests over HTTP, their limits, and whether the model is the same."""
