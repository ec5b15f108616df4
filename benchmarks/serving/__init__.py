"""What serving an index takes: `vouch serve` under load, beside the same searches by LanceDB."""
