"""The whole story of one organization on one timeline, and what happens next for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, last_moment
from outreach.domain.errors import InvitationNotFound
from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import MessageKind, MessageState
from outreach.domain.privacy import Privacy
from outreach.domain.recorded_consent import ConsentState
from outreach.domain.reminder import next_step, parse_steps
from outreach.domain.views import CampaignFacts, StandingSignature
from outreach.services.tell_recorded import RECORD_ACTIONS, ByHand, tell_by_hand
from outreach.store import campaigns, signatures, timelines
from outreach.store.desk_tables import Activity
from outreach.store.recorded_consents import Recorded
from outreach.store.tables import Answer, Campaign, Invitation, Message, Organization, Signature
from outreach.store.timelines import Care, Happened, Reached, Written


@dataclass(frozen=True)
class Mail:
    """One message of the story. ``words`` are the server's last, or why it was not sent."""

    id: int
    kind: str
    state: str
    to: str
    attempts: int
    words: str
    next_attempt: datetime | None
    events: tuple[Happened, ...]

    @property
    def is_deferred(self) -> bool:
        return self.state == MessageState.QUEUED and bool(self.words)


@dataclass(frozen=True)
class Given:
    """An answer as it was given: ``by`` whom, in what capacity, and from whose link, or as what it
    was recorded by hand."""

    kind: str
    credit_line: str
    by: str
    capacity: str
    reason: str
    contact: str
    decides_on: date | None
    privacy: str
    recorded: Recorded | None = None


@dataclass(frozen=True)
class Entry:
    """One moment of the story; exactly one of the others says what happened.

    ``person``: who was at the page, or who passed it on, ``passed_to`` whom; ``activity``: (action,
    detail, actor); ``recorded`` and ``refused``: a consent that a coordinator recorded, and one
    that was refused.
    """

    at: datetime
    invited: bool = False
    mail: Mail | None = None
    answer: Given | None = None
    person: str = ""
    passed_to: str = ""
    note: Written | None = None
    activity: tuple[str, str, str] | None = None
    recorded: Recorded | None = None
    refused: Recorded | None = None


@dataclass(frozen=True)
class Coming:
    """The next reminder for one contact."""

    step: str
    at: datetime
    to: str
    zone: str


@dataclass(frozen=True)
class Story:
    """``last_moment``: until when it may answer. ``people`` are the contacts in use; ``coming`` is
    empty where no reminder comes."""

    campaign: CampaignFacts
    organization_id: int
    name: str
    sort_name: str
    country: str
    notes: str
    state: str
    answered_at: datetime | None
    decides_on: date | None
    ask_again_at: datetime | None
    open_until: datetime | None
    last_moment: datetime
    people: tuple[Reached, ...]
    signature: StandingSignature | None
    entries: tuple[Entry, ...]
    coming: tuple[Coming, ...]
    care: Care | None
    captured: bool
    by_hand: ByHand

    @property
    def owes_an_answer(self) -> bool:
        return self.state in UNANSWERED_STATES

    @property
    def can_be_reopened(self) -> bool:
        concluded = self.campaign.state in (CampaignState.CLOSED, CampaignState.PUBLISHED)
        return concluded and bool(self.state) and self.signature is None


def tell_story(session: Session, *, slug: str, organization_id: int, now: datetime) -> Story:
    """Newest first. Raises CampaignNotFound, InvitationNotFound for one that is not there."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    organization = timelines.find_organization(
        session, campaign_id=campaign.id, organization_id=organization_id
    )
    if organization is None:
        raise InvitationNotFound
    invitation = timelines.find_invitation(session, organization_id)
    people = tuple(timelines.list_reached(session, organization_id))
    mails = _mails(session, invitation)
    return _story(session, campaign, organization, invitation, people, mails, coming_from=now)


def _story(
    session: Session,
    campaign: Campaign,
    organization: Organization,
    invitation: Invitation | None,
    people: tuple[Reached, ...],
    mails: list[tuple[Message, tuple[Happened, ...]]],
    *,
    coming_from: datetime,
) -> Story:
    assert organization.id is not None
    standing = signatures.find_standing(session, invitation.id or 0) if invitation else None
    names = {one.id: one.name or one.email for one in people}
    lines = timelines.list_activities(session, organization.id)
    by_hand = ByHand()
    if invitation is not None:
        by_hand = tell_by_hand(
            session,
            campaign,
            invitation,
            people=people,
            messages=[message for message, _ in mails],
            standing=standing,
            lines=lines,
            now=coming_from,
        )
    entries = [
        *_asked(invitation),
        *(_mail_entry(message, events, names) for message, events in mails),
        *_passed_on(people, names),
        *_answers_and_views(session, invitation, names, by_hand),
        *_recorded(by_hand),
        *_written(session, organization.id, lines),
    ]
    return Story(
        campaign=campaigns.campaign_facts(campaign),
        organization_id=organization.id,
        name=organization.name,
        sort_name=organization.sort_name,
        country=organization.country,
        notes=organization.notes,
        state=invitation.state if invitation else "",
        answered_at=invitation.answered_at if invitation else None,
        decides_on=invitation.decides_on if invitation else None,
        ask_again_at=invitation.ask_again_at if invitation else None,
        open_until=invitation.open_until if invitation else None,
        last_moment=last_moment(
            CampaignState(campaign.state),
            deadline=campaign.deadline,
            open_until=invitation.open_until if invitation else None,
        ),
        people=tuple(one for one in people if not one.is_replaced),
        signature=_standing(standing) if standing else None,
        entries=tuple(sorted(entries, key=lambda entry: entry.at, reverse=True)),
        coming=_coming(campaign, invitation, people, mails, now=coming_from),
        care=timelines.find_care(session, organization.id),
        captured=campaign.captured,
        by_hand=by_hand,
    )


def _mails(
    session: Session, invitation: Invitation | None
) -> list[tuple[Message, tuple[Happened, ...]]]:
    if invitation is None or invitation.id is None:
        return []
    events = timelines.list_events(session, invitation.id)
    return [
        (message, tuple(events.get(message.id or 0, ())))
        for message in timelines.list_messages(session, invitation.id)
    ]


def _asked(invitation: Invitation | None) -> Iterable[Entry]:
    if invitation is not None:
        yield Entry(at=invitation.created_at, invited=True)


def _mail_entry(message: Message, events: tuple[Happened, ...], names: dict[int, str]) -> Entry:
    waits = message.state == MessageState.QUEUED
    mail = Mail(
        id=message.id or 0,
        kind=message.kind,
        state=message.state,
        to=names.get(message.contact_id, ""),
        attempts=message.attempts,
        words="" if message.state == MessageState.SENT else message.last_reply,
        next_attempt=message.due_at if waits else None,
        events=events,
    )
    last = events[-1].at if events else message.created_at
    return Entry(at=message.sent_at or last, mail=mail)


def _passed_on(people: Iterable[Reached], names: dict[int, str]) -> Iterable[Entry]:
    for one in people:
        if one.passed_by is not None:
            by = names.get(one.passed_by, "") or "somebody"
            yield Entry(at=one.created_at, person=by, passed_to=one.name or one.email)


def _answers_and_views(
    session: Session, invitation: Invitation | None, names: dict[int, str], by_hand: ByHand
) -> Iterable[Entry]:
    if invitation is None or invitation.id is None:
        return
    for answer in timelines.list_answers(session, invitation.id):
        yield Entry(at=answer.at, answer=_given(answer, names, by_hand))
    for at, contact in timelines.list_views(session, invitation.id):
        yield Entry(at=at, person=names.get(contact, "") or "somebody")


def _recorded(by_hand: ByHand) -> Iterable[Entry]:
    """A confirmation is told by the answer that it made."""
    for one in by_hand.recorded:
        yield Entry(at=one.recorded_at, recorded=one)
        if one.state is ConsentState.REFUSED and one.settled_at is not None:
            yield Entry(at=one.settled_at, refused=one)


def _given(answer: Answer, names: dict[int, str], by_hand: ByHand) -> Given:
    return Given(
        kind=answer.kind,
        credit_line=answer.credit_line,
        by=answer.signer_name,
        capacity=answer.capacity,
        reason=answer.reason,
        contact=names.get(answer.contact_id or 0, ""),
        decides_on=answer.decides_on,
        privacy=answer.privacy,
        recorded=by_hand.behind(answer.id),
    )


def _written(session: Session, organization_id: int, lines: Sequence[Activity]) -> Iterable[Entry]:
    """A note, as a recorded consent, has a line in the activity log as well: it is told once."""
    for note in timelines.list_written(session, organization_id):
        yield Entry(at=note.at, note=note)
    for line in lines:
        if not line.action.startswith(("note.", RECORD_ACTIONS)):
            yield Entry(at=line.at, activity=(line.action, line.detail, line.actor))


def _standing(signature: Signature) -> StandingSignature:
    return StandingSignature(
        credit_line=signature.credit_line,
        sort_name=signature.sort_name,
        signer_name=signature.signer_name,
        capacity=signature.capacity,
        signed_at=signature.signed_at,
        privacy=Privacy(signature.privacy),
        acronym=signature.acronym,
        country=signature.country,
        url=signature.url,
    )


def _coming(
    campaign: Campaign,
    invitation: Invitation | None,
    people: tuple[Reached, ...],
    mails: list[tuple[Message, tuple[Happened, ...]]],
    *,
    now: datetime,
) -> tuple[Coming, ...]:
    """What the plan has for each contact who is still to be asked."""
    runs = campaign.state in (CampaignState.OPEN, CampaignState.PAUSED)
    if invitation is None or invitation.state not in UNANSWERED_STATES or not runs:
        return ()
    steps = parse_steps(campaign.reminder_steps)
    invited = {message.contact_id: message for message, _ in mails if _invites(message)}
    found = []
    for one in people:
        message = invited.get(one.id)
        if one.role != "signs" or one.suppressed or not one.has_link or message is None:
            continue
        asked = message.sent_at or now
        since = max(asked, campaign.extended_at or asked, invitation.ask_again_at or asked)
        step = next_step(steps, deadline=campaign.deadline, zone=one.zone, since=since, now=now)
        if step is not None:
            found.append(Coming(step[0].label, step[1], one.name or one.email, one.zone))
    return tuple(found)


def _invites(message: Message) -> bool:
    """Whoever never got the invitation is not reminded of it."""
    return message.kind == MessageKind.INVITATION and message.state in (
        MessageState.SENT,
        MessageState.QUEUED,
        MessageState.SENDING,
    )
