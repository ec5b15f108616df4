"""Good or not, and why: row contracts, language, the audit of a candidate, retrieval on golden queries."""

from vouch.schemas.offline import go_offline

go_offline()
