"""The desk's pages with 5,000 organizations, one process, 32 connections: how long one takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from http.client import HTTPConnection

from sqlmodel import Session

from benchmarks.ground import Ground
from benchmarks.outbox import MAIL_DOMAIN, SLUG, STATEMENT
from benchmarks.outreach_worker import home_on
from benchmarks.pages import CONNECTIONS, load_page
from benchmarks.receipts import serving
from benchmarks.rows import Group, Readings, Row
from benchmarks.templates import Template, filled
from outreach.clock import utc_now
from outreach.demo.ports import free_port
from outreach.domain.coordinator import Role
from outreach.services.keep_session import begin_session
from outreach.store import coordinators
from outreach.store.database import Database
from tests.crowds import a_crowd

_UNITS = {"p99": "ms", "rate": "pages/s"}
_HOW = f"{CONNECTIONS} kept connections, one uvicorn process, a coordinator signed in"
_CAMPAIGN = f"/desk/c/{SLUG}"
PAGES = {
    "desk-campaigns": ("all campaigns", "/desk"),
    "desk-campaign": ("one campaign, its chart and figures", _CAMPAIGN),
    "desk-progress": ("the part that is asked for every two seconds", f"{_CAMPAIGN}/progress"),
    "desk-organizations": ("fifty of its organizations", f"{_CAMPAIGN}/organizations?page=50"),
    "desk-organization": ("one organization's story", f"{_CAMPAIGN}/organizations/2500"),
}


def desk_group(ground: Ground) -> Group:
    many = ground.plan.listed
    rows = [
        Row(
            key,
            f"{title}, {many:,} organizations, SQLite",
            _HOW,
            _UNITS,
            partial(_page, ground, path),
        )
        for key, (title, path) in PAGES.items()
    ]
    return Group("desk", "The desk", rows)


def _page(ground: Ground, path: str) -> Readings:
    port, crowded = free_port(), _crowded(ground)
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with (
        home_on(ground, crowded.template, smtp_port=1, settings=settings) as home,
        serving(home, port),
    ):
        cookie = f"desk={crowded.token}"
        _look_once(port, path, cookie)
        return load_page(ground, port, path=path, cookie=cookie)


def _look_once(port: int, path: str, cookie: str) -> None:
    """What is made once is made by this one."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie})
    connection.getresponse().read()
    connection.close()


@dataclass(frozen=True)
class _Crowded:
    """The filled database, and what the cookie of a coordinator holds."""

    template: Template
    token: str


@cache
def _crowded(ground: Ground) -> _Crowded:
    tokens: list[str] = []

    def fill(database: Database) -> None:
        now = utc_now()
        with database.transaction() as session:
            a_crowd(
                session,
                source=STATEMENT,
                slug=SLUG,
                many=ground.plan.listed,
                deadline=now + timedelta(days=4),
                mail_domain=MAIL_DOMAIN,
                now=now,
            )
            tokens.append(_signed_in(session, now=now))

    return _Crowded(filled(ground, "sqlite", name="desk", fill=fill), tokens[0])


def _signed_in(session: Session, *, now: datetime) -> str:
    nora = coordinators.add_coordinator(
        session, email="nora@coalition.example", role=Role.OWNER, now=now
    )
    # As set up, with what lets nobody in: without a second factor the desk first asks for one.
    nora.password_hash = nora.totp_secret = "nobody's"  # noqa: S105
    assert nora.id is not None
    return begin_session(session, coordinator_id=nora.id, device="", proven=True, now=now)
