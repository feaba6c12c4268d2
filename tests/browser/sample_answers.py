"""Answers and mails of the sample campaign, by the real services."""

from datetime import timedelta

from sqlmodel import col, select

from outreach.demo.sample import SLUG
from outreach.mailbox import store_mail
from outreach.services.answer_form import SignForm
from outreach.services.answer_invitation import sign
from outreach.services.view_invitation import find_answer_page
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Message
from tests.browser.conftest import Served
from tests.web.invited import MAIL_DOMAIN, close_and_publish, link_ids


def everybody_signs(served: Served, *, but: str = "") -> None:
    """Each organization by the first contact of the file, ``but`` whose address is this."""
    now = served.clock.now
    with served.outreach.database.transaction() as session:
        for address, link_id in link_ids(session).items():
            if not address.startswith("contact@") or address == but:
                continue
            page = find_answer_page(session.connection(), link_id=link_id, now=now)
            form = SignForm(
                credit_line=page.offered_credit_line,
                sort_name=page.offered_sort_name,
                signer_name=page.contact_name,
                capacity="Director",
                authority=True,
                statement_sha256=page.statement_sha256,
            )
            sign(session, link_id=link_id, form=form, mail_domain=MAIL_DOMAIN, now=now)


def publish(served: Served) -> None:
    served.clock.now += timedelta(days=7)
    close_and_publish(served.outreach.database, slug=SLUG, now=served.clock.now)


def fill_mailbox(served: Served) -> None:
    """Every queued mail, as it would be sent."""
    composer, now = served.outreach.composer, served.clock.now
    with served.outreach.database.reading() as session:
        query = select(Message.id).where(col(Message.state) == "queued").order_by(col(Message.id))
        numbers = [number for number in session.exec(query) if number is not None]
        for outgoing in load_outgoing(session, numbers).values():
            mail = composer.compose(outgoing, now=now)
            folder = served.outreach.settings.home / "mailbox"
            now += timedelta(milliseconds=130)
            store_mail(folder, mail.body, [mail.recipient], now=now)


def one_mail_of_each_kind(served: Served) -> dict[str, str]:
    """The captured mail's name, by its kind."""
    composer, now = served.outreach.composer, served.clock.now
    folder = served.outreach.settings.home / "mailbox"
    names: dict[str, str] = {}
    with served.outreach.database.reading() as session:
        for number, kind in session.exec(select(Message.id, Message.kind)).all():
            if number is not None and kind not in names:
                mail = composer.compose(load_outgoing(session, [number])[number], now=now)
                names[kind] = store_mail(folder, mail.body, [mail.recipient], now=now)
    return names
