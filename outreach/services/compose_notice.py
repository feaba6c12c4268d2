"""Write one mail to a coordinator, or to who asks to join."""

import hashlib
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach import localtime
from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.join_request import PROOF_LIFE
from outreach.domain.notice import AlertEvent, NoticeKind, news_since, read_alert_key
from outreach.languages import text_direction
from outreach.links import JOIN, LinkSigner
from outreach.mail.assemble import MailHeaders, assemble
from outreach.mail.headers import require_recipient, split_mailbox
from outreach.mail.notice_context import (
    AlertContext,
    CampaignDigest,
    DigestContext,
    DueLine,
    Listed,
    MissedLine,
    ProofContext,
    Reader,
    SignedCheckpoint,
    Standing,
)
from outreach.mail.templates import FALLBACK_LOCALE, MailTemplates, RenderedMail
from outreach.services.compose_message import ComposedMail, from_line
from outreach.services.read_news import CampaignNews, NewsReader, Some
from outreach.store import digests, invitations, join_requests, ledger, notices
from outreach.store.digests import DueStep
from outreach.store.notices import NoticeFacts
from outreach.store.tables import Campaign

_OWING = (InvitationState.AWAITING, InvitationState.DEFERRED, InvitationState.RECONFIRMING)
# On a quiet day there is no digest, and the last checkpoint of a campaign is signed after its end.
_TOLD_FOR = timedelta(days=7)
_LANGUAGE = "en"  # the desk's; coordinators choose a zone, not yet a language


class NoticeComposer:
    """Composes any notice from its row and what is true when it goes out."""

    def __init__(
        self,
        templates: MailTemplates,
        links: LinkSigner,
        *,
        sender: str,
        public_url: str,
        mail_domain: str,
    ) -> None:
        self._templates = templates
        self._links = links
        self._public_url = public_url
        self._sender = sender
        self._desk = f"{public_url}/desk"
        self._mail_domain = mail_domain

    def compose(
        self, session: Session, facts: NoticeFacts, *, now: datetime
    ) -> ComposedMail | None:
        """None where there is nothing to tell any more.

        Raises HeaderRefused for an address that no header may carry.
        """
        rendered = self.render(session, facts, now=now)
        if rendered is None:
            return None
        sender, reply_to = self._letterhead(session, facts)
        headers = MailHeaders(
            sender=sender,
            recipient_name=facts.name,
            recipient_address=facts.email,
            reply_to=reply_to,
            message_id=_message_id(facts, domain=self._mail_domain),
            unsubscribe_url="",
            date=now,
            language=FALLBACK_LOCALE,
        )
        return ComposedMail(
            sender=split_mailbox(self._sender, field="From")[1],
            recipient=require_recipient(facts.email, field="To"),
            body=assemble(rendered, headers),
        )

    def render(self, session: Session, facts: NoticeFacts, *, now: datetime) -> RenderedMail | None:
        """The words alone."""
        writers = {
            NoticeKind.DIGEST: self._digest,
            NoticeKind.ALERT: self._alert,
            NoticeKind.JOIN_PROOF: self._proof,
        }
        context = writers[facts.kind](session, facts, now=now)
        return self._templates.render_notice(facts.kind, context=context) if context else None

    def _letterhead(self, session: Session, facts: NoticeFacts) -> tuple[str, str]:
        """From whom it comes, and who is answered."""
        if facts.kind is not NoticeKind.JOIN_PROOF:
            return self._sender, ""
        assert facts.request_id is not None
        request = join_requests.require_request(session, facts.request_id)
        campaign = join_requests.campaign_of(session, request)
        discreet = join_requests.is_discreet(session, request)
        sender = from_line(self._sender, name=campaign.sender_name, discreet=discreet)
        return sender, campaign.reply_to

    def _proof(self, session: Session, facts: NoticeFacts, *, now: datetime) -> ProofContext | None:
        assert facts.request_id is not None
        request = join_requests.require_request(session, facts.request_id)
        if not join_requests.is_provable(session, request, now=now):
            return None
        campaign = join_requests.campaign_of(session, request)
        token = self._links.token(request.link_id, purpose=JOIN)
        return ProofContext(
            title=campaign.title,
            addressee=campaign.addressee,
            deadline=localtime.format_deadline(
                campaign.deadline, language=_LANGUAGE, zone=campaign.zone, other_zone=campaign.zone
            ),
            link=f"{self._public_url}/j/{token}",
            until=localtime.format_moment(
                min(request.created_at + PROOF_LIFE, campaign.deadline),
                language=_LANGUAGE,
                zone=campaign.zone,
            ),
            coordinator=campaign.reply_to,
            discreet=join_requests.is_discreet(session, request),
            locale=FALLBACK_LOCALE,
            direction=text_direction(FALLBACK_LOCALE),
        )

    def _digest(
        self, session: Session, facts: NoticeFacts, *, now: datetime
    ) -> DigestContext | None:
        """Of what happened until it was planned, and of what is to be done as it stands now."""
        assert facts.coordinator_id is not None
        before = notices.digest_before(session, facts.coordinator_id, key=facts.key)
        since = news_since(before, now=facts.created_at)
        reader = NewsReader(session, now=now)
        news = reader.read_all(zone=facts.zone, since=since, until=facts.created_at)
        if not news:
            return None
        return DigestContext(
            day=localtime.format_day(date.fromisoformat(facts.key), language=_LANGUAGE),
            campaigns=tuple(self._part(one, facts, now=now) for one in news),
            checkpoints=tuple(
                SignedCheckpoint(title, tuple(note.splitlines()))
                for title, note in ledger.newest_checkpoints(session, since=now - _TOLD_FOR)
            ),
            signed_total=sum(one.signed.total for one in news),
            due_total=sum(one.due_total for one in news),
            missed_total=sum(one.missed_total for one in news),
            closed_total=sum(one.is_new_close for one in news),
            desk_url=self._desk,
            reader=self._reader(facts),
            locale=FALLBACK_LOCALE,
            direction=text_direction(FALLBACK_LOCALE),
        )

    def _part(self, news: CampaignNews, facts: NoticeFacts, *, now: datetime) -> CampaignDigest:
        here = f"{self._desk}/c/{news.campaign.slug}"
        today = now.astimezone(ZoneInfo(facts.zone)).date()
        return CampaignDigest(
            title=news.campaign.title,
            url=here,
            chase_url=f"{here}/chase",
            mails_url=f"{here}/mails",
            standing=_standing(news.campaign, news.counts, zone=facts.zone, now=now),
            paused=_why_paused(news.campaign),
            closed=_when_closed(news, zone=facts.zone),
            signed=_listed(news.signed),
            declined=_listed(news.declined),
            withdrawn=_listed(news.withdrawn),
            due=tuple(_due_line(one, facts, today=today) for one in news.due),
            due_more=news.due_total - len(news.due),
            missed=tuple(MissedLine(one.organization, one.words) for one in news.missed),
            missed_more=news.missed_total - len(news.missed),
            failed=news.failed,
            uncertain=news.uncertain,
            asking=news.asking,
            requests_url=f"{here}/requests",
            reviews=news.reviews,
            reviews_url=f"{here}/reviews",
        )

    def _alert(self, session: Session, facts: NoticeFacts, *, now: datetime) -> AlertContext | None:
        assert facts.campaign_id is not None
        campaign = digests.find_campaign(session, facts.campaign_id)
        event, number = read_alert_key(facts.key)
        here = f"{self._desk}/c/{campaign.slug}"
        is_review = event is AlertEvent.CONTRADICTED
        organization, reason, at = "", campaign.pause_reason, facts.created_at
        if event is not AlertEvent.PAUSED:
            find = digests.find_review if is_review else digests.find_answer
            answer = find(session, int(number))
            if answer is None:
                return None
            organization, reason, at = answer.organization, answer.reason, answer.at
            here = f"{here}/organizations/{facts.organization_id}"
        elif campaign.state != CampaignState.PAUSED:
            return None
        return AlertContext(
            event=event.value,
            title=campaign.title,
            organization=organization,
            reason=reason,
            at=localtime.format_moment(at, language=_LANGUAGE, zone=facts.zone),
            url=here,
            standing=_standing(
                campaign,
                invitations.count_by_state(session, facts.campaign_id),
                zone=facts.zone,
                now=now,
            ),
            reader=self._reader(facts),
            locale=FALLBACK_LOCALE,
            direction=text_direction(FALLBACK_LOCALE),
        )

    def _reader(self, facts: NoticeFacts) -> Reader:
        return Reader(facts.name, facts.email, f"{self._desk}/account")


def _message_id(facts: NoticeFacts, *, domain: str) -> str:
    """The same whenever this notice is written."""
    made_of = f"{facts.id}|{facts.kind}|{facts.key}|{facts.created_at.isoformat()}"
    return f"{hashlib.sha256(made_of.encode()).hexdigest()[:32]}@{domain}"


def _standing(campaign: Campaign, counts: dict[str, int], *, zone: str, now: datetime) -> Standing:
    return Standing(
        signed=counts.get(InvitationState.SIGNED, 0),
        asked=sum(counts.values()),
        waiting=sum(counts.get(state, 0) for state in _OWING),
        left=localtime.format_left(campaign.deadline - now, language=_LANGUAGE),
        deadline=localtime.format_deadline(
            campaign.deadline, language=_LANGUAGE, zone=zone, other_zone=campaign.zone
        ),
    )


def _why_paused(campaign: Campaign) -> str:
    if campaign.state != CampaignState.PAUSED:
        return ""
    return campaign.pause_reason or "by a coordinator"


def _when_closed(news: CampaignNews, *, zone: str) -> str:
    """Empty while it runs."""
    if not news.is_over:
        return ""
    at = news.campaign.closed_at or news.campaign.deadline
    return localtime.format_moment(at, language=_LANGUAGE, zone=zone)


def _listed(some: Some) -> Listed:
    return Listed(some.names, some.total - len(some.names))


def _due_line(step: DueStep, facts: NoticeFacts, *, today: date) -> DueLine:
    is_mine = step.owner_id == facts.coordinator_id
    return DueLine(
        organization=step.organization,
        step=step.next_step,
        whose="yours" if is_mine else step.owner,
        overdue=localtime.format_day(step.next_on, language=_LANGUAGE)
        if step.next_on < today
        else "",
    )
