"""Tools for people who work on Vouch; nothing here is installed."""
