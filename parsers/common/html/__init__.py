"""Turn HTML into blocks, for every format that contains it."""
