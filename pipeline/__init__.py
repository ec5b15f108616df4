"""What a run does, whoever orchestrates it: list, plan, process shards, audit, publish, report."""
