"""Quality of search on public test collections, beside common baselines."""
