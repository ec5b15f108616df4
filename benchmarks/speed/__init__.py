"""How fast: each module gives tables of one subject, every figure beside a baseline that was measured in the same run."""
