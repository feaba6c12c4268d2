"""The desk in a real browser: signed in, and looked at by axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from outreach.domain.coordinator import Role
from outreach.services.keep_session import begin_session
from outreach.store import coordinators
from tests.browser.conftest import Served
from tests.browser.looking import DESK, Scheme

APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TABLET: ViewportSize = {"width": 768, "height": 1024}
WIDE: ViewportSize = {"width": 1440, "height": 900}


def a_signed_in_page(
    served: Served,
    browser: Browser,
    role: Role = Role.OWNER,
    *,
    size: ViewportSize = DESK,
    scheme: Scheme = "light",
    scripts: bool = True,
) -> Page:
    """A page of a browser that is signed in; ``scripts`` false is a browser without JavaScript."""
    context = browser.new_context(
        viewport=size, java_script_enabled=scripts, color_scheme=scheme, locale="en-GB"
    )
    context.add_cookies([{"name": "desk", "value": _a_session(served, role), "url": served.url}])
    return context.new_page()


def _a_session(served: Served, role: Role) -> str:
    now, address = served.clock(), f"{role}@coalition.example"
    with served.outreach.database.transaction() as session:
        coordinator = coordinators.find_by_email(session, address)
        if coordinator is None:
            coordinator = coordinators.add_coordinator(
                session, email=address, role=role, name="Nora Feld", zone="Europe/Berlin", now=now
            )
            coordinator.password_hash = "not a hash"
            coordinator.totp_secret = served.outreach.sealer.seal(APP_SECRET, purpose="totp")
        assert coordinator.id is not None
        return begin_session(
            session, coordinator_id=coordinator.id, device="A browser", proven=True, now=now
        )


def assert_no_axe_violations(page: Page) -> None:
    """Needs a page with scripts."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
