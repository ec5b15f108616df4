"""Describes figures by an HTTP service whose model looks at pictures."""
