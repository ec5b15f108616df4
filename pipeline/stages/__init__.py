"""Process one shard: fetch and parse, or re-chunk; validate rows, apply the policy, embed, stage."""
