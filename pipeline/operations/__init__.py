"""What people do beside a run: rollback, doctor, trace, evaluation, golden queries, reports."""
