"""What holds for a process as a whole: environment, telemetry, imports, storage errors in words."""
