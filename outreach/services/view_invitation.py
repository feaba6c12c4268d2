"""What one contact's page shows. Looking changes nothing."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from outreach.domain.campaign import CampaignState, last_moment, takes_answers
from outreach.domain.errors import LinkRefused
from outreach.domain.invitation import (
    INVITATION_MOVES,
    UNANSWERED_STATES,
    InvitationEvent,
    InvitationState,
)
from outreach.domain.privacy import Privacy, protects_more
from outreach.domain.reminder import can_ask_again
from outreach.domain.views import AnswerPage, CampaignFacts, StandingSignature, masked_address
from outreach.store import answer_page


def find_answer_page(connection: Connection, *, link_id: str, now: datetime) -> AnswerPage:
    """Raises LinkRefused, the same for every link that leads nowhere."""
    row = answer_page.find_asked(connection, link_id)
    if row is None or row.revoked_at is not None:
        raise LinkRefused
    if row.expires_at is not None and row.expires_at <= now:
        raise LinkRefused
    campaign = answer_page.asked_campaign(row)
    if row.role != "signs" or campaign.state == CampaignState.CANCELLED:
        raise LinkRefused
    takes = takes_answers(
        campaign.state, deadline=campaign.deadline, open_until=row.open_until, now=now
    )
    has_signed = row.signature_credit_line is not None  # standing or withdrawn
    signature = answer_page.standing_signature(row)
    offered = answer_page.offered_line(row)
    review = answer_page.open_review(row)
    return AnswerPage(
        campaign=_for_reader(campaign, open_until=row.open_until),
        statement_body=row.body,
        statement_source=row.source,
        statement_sha256=row.sha256,
        asks=tuple(row.asks.splitlines()),
        organization=row.organization,
        offered_credit_line=offered.name,
        offered_acronym=offered.acronym,
        offered_country=offered.country,
        offered_url=offered.url,
        offered_sort_name=offered.sort_name,
        country=row.country,
        contact_name=row.contact_name,
        invited_as=masked_address(row.contact_email),
        contact_language=row.contact_language,
        contact_zone=row.contact_zone,
        state=InvitationState(row.state),
        takes_answers=takes,
        takes_deferral=takes
        and (InvitationState(row.state), InvitationEvent.DEFER) in INVITATION_MOVES
        and can_ask_again(zone=row.contact_zone, deadline=campaign.deadline, now=now),
        takes_passing_on=takes and row.state in UNANSWERED_STATES,
        decides_on=row.decides_on,
        takes_withdrawal=row.state == InvitationState.SIGNED,
        offered_privacy=Privacy(row.signature_privacy) if has_signed else Privacy.PUBLIC,
        privacies=_open_to(signature, takes_answers=takes),
        protections=_protections(signature, offered=not takes or review is not None),
        signature=signature,
        review=review,
    )


def _open_to(signature: StandingSignature | None, *, takes_answers: bool) -> tuple[Privacy, ...]:
    """After the deadline only what protects more."""
    if signature is None or takes_answers:
        return tuple(Privacy)
    return _protections(signature, offered=True)


def _protections(signature: StandingSignature | None, *, offered: bool) -> tuple[Privacy, ...]:
    """To be taken at once, where nothing else can be chosen or a colleague's answer waits."""
    if signature is None or not offered:
        return ()
    return tuple(one for one in Privacy if protects_more(one, than=signature.privacy))


def _for_reader(campaign: CampaignFacts, *, open_until: datetime | None) -> CampaignFacts:
    """To a late signer, the moment until which the list is reopened is the deadline."""
    if open_until is None:
        return campaign
    last = last_moment(campaign.state, deadline=campaign.deadline, open_until=open_until)
    return replace(campaign, deadline=last)
