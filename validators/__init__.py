"""Good or not, and why: row contracts, language, the audit of a candidate, retrieval on golden queries."""
