"""The desk as a signed-in coordinator has it, over HTTP."""

from typing import Any

from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.services.keep_session import begin_session, find_signed_in
from outreach.store import coordinators
from outreach.web.desk.access import Visitor, cookie_name, visitor_of
from outreach.web.site import Site
from outreach.wiring import Outreach

APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


def signed_in(
    outreach: Outreach,
    client: TestClient,
    role: Role = Role.OWNER,
    *,
    email: str = "",
    name: str = "Nora Feld",
    zone: str = "Europe/Berlin",
    proven: bool = True,
) -> Visitor:
    """A coordinator of this role, whose session the client now carries."""
    now = outreach.clock()
    address = email or f"{role}@coalition.example"
    with outreach.database.transaction() as session:
        coordinator = coordinators.find_by_email(session, address)
        if coordinator is None:
            coordinator = coordinators.add_coordinator(
                session, email=address, role=role, name=name, zone=zone, now=now
            )
            # As set up: with a password that nobody knows, and an app for codes.
            coordinator.password_hash = "not a hash"
            coordinator.totp_secret = outreach.sealer.seal(APP_SECRET, purpose="totp")
        assert coordinator.id is not None
        token = begin_session(
            session, coordinator_id=coordinator.id, device="A browser", proven=proven, now=now
        )
    site: Site = client.app.state.site  # type: ignore[attr-defined]
    client.cookies.set(cookie_name(site), token)
    found = find_signed_in(outreach.database, token=token, now=now)
    assert found is not None
    return visitor_of(site, found)


def post(client: TestClient, path: str, visitor: Visitor, **fields: Any) -> Any:
    """Sends a form of the visitor's own page, and shows the answer itself."""
    return client.post(
        path,
        data={"form_token": visitor.form_token, **fields},
        headers=SAME_ORIGIN,
        follow_redirects=False,
    )
