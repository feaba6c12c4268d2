"""An open campaign with invited organizations, made by the real services."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, select

from outreach.links import ANSWER, UNSUBSCRIBE
from outreach.services.close_campaign import close_if_due
from outreach.services.create_campaign import create_campaign
from outreach.services.import_partners import import_partners, read_partners
from outreach.services.launch_campaign import launch_campaign
from outreach.services.publish_statement import publish_campaign
from outreach.settings import Settings
from outreach.store.database import Database
from outreach.store.tables import Contact, Link, StatementVersion
from outreach.wiring import Outreach

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DEADLINE = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
MAIL_DOMAIN = "coalition.example"

STATEMENT = """\
---
title: "Let the archives be opened"
addressee: "the Minister of Culture"
occasion: "the Minister's visit to Geneva"
occasion_date: 2026-12-04
reply_to: coordinator@coalition.example
asks:
  - "Open the archives to families."
  - "Publish the lists."
---

# A door that has been closed too long

Dear Minister,

families have waited **thirty years** to read what was written about them.

<script>alert("no")</script>
"""

PARTNERS = """\
organization,contact_name,email,language,country,timezone,role,sort_name
Archive Watch,Ida Berg,ida@archive-watch.example,en,GB,Europe/London,signs,
Le Comité des familles,Hélène Roy,helene@familles.example,fr,FR,Europe/Paris,signs,
مركز الأرشيف,ليلى حداد,layla@markaz.example,ar,LB,Asia/Beirut,signs,
Taiwan Memory (TM),林美玲,lin@memory.example,zh-Hant,TW,Asia/Taipei,signs,
"""


@dataclass
class Clock:
    """The time, set by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class CountingBell:
    rung: int = 0

    def ring(self) -> None:
        self.rung += 1


def an_outreach(
    database: Database, home: Path, *, clock: Clock, public_url: str = "http://testserver"
) -> Outreach:
    """The wired service on ``database``, its bell counted."""
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings.model_validate(
        {"home": home, "public_url": public_url, "secret_keys": ["k" * 40], "ledger_key": "0f" * 32}
    )
    outreach = Outreach(settings, clock)
    outreach.database = database
    outreach.bell = CountingBell()  # type: ignore[assignment]
    return outreach


def an_open_campaign(
    database: Database,
    *,
    slug: str = "archives",
    source: str = STATEMENT,
    partners: str = PARTNERS,
    deadline: datetime = DEADLINE,
    now: datetime = NOW,
) -> None:
    with database.transaction() as session:
        campaign = create_campaign(
            session,
            source=source,
            slug=slug,
            deadline=deadline,
            zone="Europe/Berlin",
            remind="3d,1d",
            default_reply_to="coordinator@coalition.example",
            now=now,
        )
        parsed = read_partners(partners.encode(), filename="partners.csv")
        report = import_partners(session, campaign=campaign, parsed=parsed, now=now)
        assert report.written, report.errors
        launch_campaign(session, slug=slug, mail_domain=MAIL_DOMAIN, now=now)


def close_and_publish(database: Database, *, slug: str = "archives", now: datetime) -> None:
    with database.transaction() as session:
        close_if_due(session, slug=slug, mail_domain=MAIL_DOMAIN, now=now)
        publish_campaign(session, slug=slug, now=now)


def change_text(database: Database) -> None:
    """A second version of the statement, as a later issue will make one."""
    with database.transaction() as session:
        first = session.exec(select(StatementVersion)).one()
        changed = first.model_copy(
            update={"id": None, "number": 2, "body": "A new text.", "sha256": "f" * 64}
        )
        session.add(StatementVersion(**changed.model_dump()))


def link_ids(session: Session) -> dict[str, str]:
    """Link id of each address."""
    query = select(Contact.email, Link.id).join(Link, col(Link.contact_id) == col(Contact.id))
    return dict(session.exec(query).all())


@dataclass(frozen=True)
class Letter:
    """What one contact's mail holds."""

    link_id: str
    answer: str
    unsubscribe: str


def letter_to(outreach: Outreach, address: str) -> Letter:
    with outreach.database.reading() as session:
        link_id = link_ids(session)[address]
    links = outreach.links
    return Letter(
        link_id,
        f"/a/{links.token(link_id, purpose=ANSWER)}",
        f"/u/{links.token(link_id, purpose=UNSUBSCRIBE)}",
    )


def everything_stored(database: Database) -> dict[str, Sequence[object]]:
    """Every row of every table as the driver gives it, to see that nothing was changed."""
    everything = select(text("*"))
    with database.reading() as session:
        return {
            table.name: session.connection().execute(everything.select_from(table)).all()
            for table in SQLModel.metadata.sorted_tables
        }


def after_the_deadline() -> datetime:
    return DEADLINE + timedelta(seconds=1)
