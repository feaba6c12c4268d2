"""Two contacts of one organization of an open campaign, who answer differently."""

from sqlmodel import Session, select

from outreach.links import new_link_id
from outreach.services import answer_invitation
from outreach.store import campaigns
from outreach.store.invitations import create_links
from outreach.store.tables import Campaign, Contact, Link
from outreach.wiring import Outreach
from tests.factories import a_form
from tests.web.invited import MAIL_DOMAIN, NOW, an_open_campaign

FIRST = "ida@archive-watch.example"
COLLEAGUE = "omar@archive-watch.example"


def a_colleague(outreach: Outreach) -> None:
    """A second contact of Archive Watch, with a link of their own."""
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        first = session.exec(select(Contact).where(Contact.email == FIRST)).one()
        facts = first.model_dump(exclude={"id"})
        facts |= {"name": "Omar Haddad", "email": COLLEAGUE, "email_key": COLLEAGUE}
        colleague = Contact(**facts)
        session.add(colleague)
        session.flush()
        link = session.exec(select(Link).where(Link.contact_id == first.id)).one()
        rows = [(new_link_id(), colleague.id or 0, link.invitation_id)]
        create_links(session, rows, now=NOW)


def _link(session: Session, email: str) -> str:
    query = select(Link.id).join(Contact).where(Contact.email == email)
    return session.exec(query).one()


def contradict(outreach: Outreach) -> None:
    """Ida has signed, Omar has declined."""
    a_colleague(outreach)
    with outreach.database.transaction() as session:
        number = session.exec(select(Campaign.id)).one() or 0
        sha256 = campaigns.current_version(session, number).sha256
        answer_invitation.sign(
            session,
            link_id=_link(session, FIRST),
            form=a_form(credit_line="Archive Watch", statement_sha256=sha256),
            mail_domain=MAIL_DOMAIN,
            now=NOW,
        )
        answer_invitation.decline(
            session,
            link_id=_link(session, COLLEAGUE),
            reason="The board never agreed",
            mail_domain=MAIL_DOMAIN,
            now=NOW,
        )
