"""What the key that asks is, and may do."""

from outreach.domain.api_key import Scope
from outreach.web.api.access import Calling
from outreach.web.api.responses import LOOK
from outreach.web.api.router import operations_on
from outreach.web.api.shapes import KeyFacts

router = operations_on("Key")


@router.get("/key", summary="See what this key may do", responses=LOOK)
def show_key(call: Calling) -> KeyFacts:
    """Its name and what is left of its scopes. Any key may ask: a program sees whether it is let
    in before it needs to be."""
    caller = call.caller
    return KeyFacts(
        name=caller.name,
        scopes=[scope.value for scope in Scope if scope in caller.scopes],
        role=caller.role.value,
        expires_at=caller.expires_at,
    )
