"""Compare a candidate with the published state: profiles, figures, statistical tests."""
