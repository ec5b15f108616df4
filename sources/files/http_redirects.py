"""Keeps a web server from sending Vouch to addresses that only this machine or its network reaches.

Such as 169.254.169.254, where clouds give out credentials: what is there would be published.
"""

import asyncio
import functools
import ipaddress
import sys
from typing import Any


@functools.cache
def client_options() -> dict[str, Any]:
    """Return options of fsspec's HTTP client. Raises `ImportError` where aiohttp is missing."""
    from aiohttp import TraceConfig

    config = TraceConfig()
    config.on_request_redirect.append(_refuse_inner_address)
    return {"trace_configs": [config]}


def redirect_problem(error: Exception) -> str:
    """Return what is wrong with a redirect, in words that aiohttp's message lacks; else nothing."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is not None and isinstance(error, aiohttp.TooManyRedirects):
        return "its server redirects in a circle, or too often"
    if aiohttp is not None and isinstance(error, aiohttp.NonHttpUrlRedirectClientError):
        return f"its server redirects to {error}, which is no address of the web"
    return ""


async def _refuse_inner_address(session: Any, context: Any, params: Any) -> None:  # noqa: ANN401 - aiohttp's own classes
    """Raise `PermissionError` for a redirect into a network that its server is not in."""
    headers = params.response.headers
    target = params.url.join(type(params.url)(headers.get("Location") or headers.get("URI") or ""))
    if target.host == params.url.host or not target.host:
        return
    there, here = await _addresses(target.host), await _addresses(params.url.host)
    is_outside = any(address.is_global for address in here)
    if any(address.is_link_local or (is_outside and not address.is_global) for address in there):
        raise PermissionError(
            f"{params.url} redirects to {target.host}, an address of an inner network"
        )


async def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    addresses = await asyncio.get_running_loop().getaddrinfo(host, None)
    return [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in addresses]
