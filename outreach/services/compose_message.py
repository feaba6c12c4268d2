"""Write one message: its words, its headers, its bytes."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from markupsafe import Markup

from outreach import localtime
from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.message import MessageKind
from outreach.languages import text_direction
from outreach.ledger.receipt import FILE_NAME
from outreach.links import ANSWER, UNSUBSCRIBE, LinkSigner
from outreach.mail.assemble import Attachment, MailHeaders
from outreach.mail.headers import mailbox, require_recipient, split_mailbox
from outreach.mail.own_words import OwnWords
from outreach.mail.prepared import PERSONAL, PreparedMail, PreparedMails
from outreach.mail.templates import MailContext, MailTemplates, RenderedMail
from outreach.services.compile_wording import compile_wording
from outreach.services.give_receipt import receipt_of
from outreach.services.keep_sent import Leaving, Variant, leaving
from outreach.statement.markdown import render_html, render_text
from outreach.store.ledger import StoredEvent
from outreach.store.outgoing import CampaignText, Outgoing

if TYPE_CHECKING:
    from outreach.ledger.note import LogKey

_PLANS = 512


@dataclass(frozen=True)
class ComposedMail:
    """What goes over the wire: the envelope and the message's bytes; and what is kept of them."""

    sender: str
    recipient: str
    body: bytes
    kept: Leaving | None = None


@dataclass(frozen=True)
class _Plan:
    """What the mails of one kind to readers of one language and zone have in common."""

    locale: str
    mail: PreparedMail
    variant: Variant


class MessageComposer:
    """Composes any message from its facts. One for a process, for many threads."""

    def __init__(
        self,
        templates: MailTemplates,
        links: LinkSigner,
        *,
        sender: str,
        public_url: str,
        ledger_key: "LogKey | None" = None,
    ) -> None:
        """With ``ledger_key`` every receipt brings its proof as a file."""
        self._ledger_key = ledger_key
        self._templates = templates
        self._prepared = PreparedMails(templates)
        self._links = links
        self._sender = sender
        self._public_url = public_url
        self._plans: OrderedDict[tuple[object, ...], _Plan] = OrderedDict()
        self._lock = Lock()

    def compose(self, found: Outgoing, *, now: datetime) -> ComposedMail:
        """Raises HeaderRefused for an address that no header may carry."""
        personal = self._personal(found)
        plan = self._plan(found, personal, now=now)
        headers = MailHeaders(
            sender=self._from(found),
            recipient_name=found.contact_name,
            recipient_address=found.contact_email,
            reply_to=found.campaign.reply_to,
            message_id=found.message_id,
            in_reply_to=found.in_reply_to,
            unsubscribe_url=personal["unsubscribe_link"],
            date=now,
            language=plan.locale,
        )
        values = [personal[name] for name in PERSONAL]
        proof = None if found.discreet else self.proof(found.logged)
        body = plan.mail.fill(values, headers, attachment=proof)
        return ComposedMail(
            sender=split_mailbox(self._sender, field="From")[1],
            recipient=require_recipient(found.contact_email, field="To"),
            body=body,
            kept=leaving(
                plan.variant,
                values,
                link_id=found.link_id,
                in_reply_to=found.in_reply_to,
                date=now,
                body=body,
            ),
        )

    def proof(self, logged: StoredEvent | None) -> Attachment | None:
        """What a receipt brings: the same file whenever it is written."""
        if self._ledger_key is None or logged is None:
            return None
        return Attachment(FILE_NAME, receipt_of(logged, self._ledger_key).encode())

    def render(self, found: Outgoing, *, now: datetime) -> RenderedMail:
        """The words alone, as a preview shows them."""
        context = self._context(found, self._personal(found), now=now)
        return self._templates.render(found.kind, locale=context.locale, context=context)

    def locales(self) -> tuple[str, ...]:
        """The languages that mails are written in."""
        return self._templates.locales()

    def locale_of(self, language: str) -> str:
        """The one that a reader of ``language`` is written to in."""
        return self._templates.choose_locale(language)

    def _plan(self, found: Outgoing, personal: dict[str, str], *, now: datetime) -> _Plan:
        """Looked up by all that can make a difference to what is not personal."""
        key = (
            found.kind,
            found.campaign,
            found.language,
            found.zone,
            found.signatory_count,
            found.discreet,
            found.answer.privacy,
            found.answer.channel,
            found.answer.standing,
            _takes_answers(found.campaign, now=now),
            _left(found, now=now),
            tuple(map(bool, personal.values())),
        )
        with self._lock:
            if (plan := self._plans.get(key)) is not None:
                self._plans.move_to_end(key)
                return plan
        context = self._context(found, personal, now=now)
        mail = self._prepared.prepare(found.kind, context)
        variant = Variant.of(
            mail.rendered,
            sender=self._from(found),
            reply_to=found.campaign.reply_to,
            language=context.locale,
            public_url=self._public_url,
        )
        plan = _Plan(context.locale, mail, variant)
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > _PLANS:
                self._plans.popitem(last=False)
        return plan

    def _context(self, found: Outgoing, personal: dict[str, str], *, now: datetime) -> MailContext:
        campaign = found.campaign
        locale = self._templates.choose_locale(found.language)
        text, html = _statement(campaign.body)
        return MailContext(
            title=campaign.title,
            addressee=campaign.addressee,
            occasion=campaign.occasion,
            occasion_day=localtime.format_day(campaign.occasion_date, language=found.language),
            asks=tuple(campaign.asks.splitlines()),
            deadline=localtime.format_deadline(
                campaign.deadline,
                language=found.language,
                zone=found.zone,
                other_zone=campaign.zone,
            ),
            reminder_left=_left(found, now=now),
            coordinator=campaign.reply_to,
            statement_text=text,
            statement_html=html,
            statement_sha256=campaign.sha256,
            channel=found.answer.channel,
            standing=found.answer.standing,
            public_url=f"{self._public_url}/s/{campaign.slug}",
            signatory_count=found.signatory_count,
            takes_answers=_takes_answers(campaign, now=now),
            language=found.language,
            locale=locale,
            direction=text_direction(locale),
            privacy=found.answer.privacy,
            own=_own_words(campaign, kind=found.kind, locale=locale),
            discreet=found.discreet,
            **personal,
        )

    def _personal(self, found: Outgoing) -> dict[str, str]:
        """What belongs to this recipient or this answer alone: the names are PERSONAL's."""
        answer = found.answer
        return {
            "organization": found.organization,
            "contact_name": found.contact_name,
            "contact_email": found.contact_email,
            "link": self._link("a", found.link_id, ANSWER) if found.role == "signs" else "",
            "unsubscribe_link": self._link("u", found.link_id, UNSUBSCRIBE),
            "credit_line": answer.credit_line,
            "url": answer.url,
            "signer_name": answer.signer_name,
            "capacity": answer.capacity,
            "answered_at": localtime.format_moment(
                answer.at, language=found.language, zone=found.zone
            )
            if answer.at
            else "",
            "decides_on": localtime.format_day(answer.decides_on, language=found.language)
            if answer.decides_on
            else "",
            "passed_by": found.passed_by,
        }

    def _from(self, found: Outgoing) -> str:
        return from_line(self._sender, name=found.campaign.sender_name, discreet=found.discreet)

    def _link(self, page: str, link_id: str, purpose: str) -> str:
        return f"{self._public_url}/{page}/{self._links.token(link_id, purpose=purpose)}"


def _own_words(campaign: CampaignText, *, kind: MessageKind, locale: str) -> OwnWords | None:
    for own in campaign.wordings:
        if own.kind == kind and own.locale == locale:
            return compile_wording(kind, subject=own.subject, body=own.body)
    return None


@lru_cache(maxsize=64)
def from_line(sender: str, *, name: str, discreet: bool) -> str:
    """The service's address, under the campaign's name for itself where it has one. A discreet
    mail has none: it would say what the mail does not."""
    if discreet:
        return split_mailbox(sender, field="From")[1]
    if not name:
        return sender
    return mailbox(display=name, address=split_mailbox(sender, field="From")[1])


def _left(found: Outgoing, *, now: datetime) -> str:
    return localtime.format_left(found.campaign.deadline - now, language=found.language)


def _takes_answers(campaign: CampaignText, *, now: datetime) -> bool:
    """A draft's mails are only previewed: as they will read once it is launched."""
    is_draft = campaign.state == CampaignState.DRAFT
    state = CampaignState.OPEN if is_draft else CampaignState(campaign.state)
    return takes_answers(state, deadline=campaign.deadline, open_until=campaign.open_until, now=now)


@lru_cache(maxsize=64)
def _statement(body: str) -> tuple[str, Markup]:
    """As text, and as HTML that was sanitised."""
    return render_text(body), Markup(render_html(body))  # noqa: S704 - sanitised there
