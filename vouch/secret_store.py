"""Looks up `${secret:NAME}` of the settings in the Secret blocks of Prefect's server."""

from importlib import import_module

from vouch.schemas.process.environment import use_secret_store


def use_prefect_secrets() -> None:
    """Look secrets up in Prefect's server; Prefect is imported when the first one is needed."""
    use_secret_store(_secret_block)


def _secret_block(name: str) -> str:
    return str(import_module("vouch.flows.prefect_secrets").secret_block(name))
