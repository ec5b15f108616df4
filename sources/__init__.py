"""Where documents come from: list the items of a source and fetch their bytes."""
