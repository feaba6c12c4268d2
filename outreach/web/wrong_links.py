"""Links that do not work, counted for each address that they are tried from.

Only what is refused is counted, so that a link that works opens at once whatever others have tried,
and the answer page asks nobody.
"""

from typing import Final

from anyio import to_thread
from fastapi import Request

from outreach.web.site import Site
from outreach.web.whence import address_of

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
