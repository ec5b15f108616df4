"""`vouch serve`: a read-only HTTP service over one index.

`create_app(SearchService(file))` in `app.py` is the whole of it: the JSON routes of `api.py` below
`/v1`, `/health`, `/metrics` and the pages at `/`. The only room that imports fastapi and uvicorn.
"""
