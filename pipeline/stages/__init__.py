"""Process one shard: fetch and parse, or chunk again; validate rows, embed, stage."""
