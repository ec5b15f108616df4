"""The pages at `/`, for a person: search, documents, lineage, runs, comparisons.

Everything is rendered here, without a script, and calls the same methods of `SearchService` as the
JSON routes. `pages(service)` in `router.py` is the whole of it; `sessions.py` lets a person sign in
where keys are set.
"""
