"""Links that do not work, counted for each address that they are tried from.

Only what is refused is counted, so that a link that works opens at once whatever others have tried,
and the answer page asks nobody.
"""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from anyio import to_thread
from fastapi import Request

from outreach.web.site import Site

WRONG_LINKS: Final = "20/minute"


async def count_wrong_link(site: Site, request: Request) -> bool:
    """False where it is one too many. Redis may be slow to answer, so the event loop does not wait
    for it, and neither do the threads in which people answer."""
    return await to_thread.run_sync(
        site.outreach.attempts.allow,
        WRONG_LINKS,
        "link",
        address_of(request),
        limiter=site.refusals,
    )


def address_of(request: Request) -> str:
    """Where a visitor comes from: one machine with IPv6 has a whole /64 to try from."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))
