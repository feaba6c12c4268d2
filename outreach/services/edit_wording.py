"""A campaign's own words for a kind of mail in a language: kept, or given up for ours again."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotOpen, ChangedMeanwhile, FieldErrors
from outreach.domain.message import MessageKind
from outreach.mail.own_words import MAX_BODY, MAX_SUBJECT, PlaceRefused
from outreach.services.compile_wording import compile_wording
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, wordings
from outreach.store.tables import Campaign
from outreach.store.wordings import OwnWording

# Once it is over nobody is asked any more, and what was sent is not written anew.
_OPEN_TO_WORDS = frozenset({CampaignState.DRAFT, CampaignState.OPEN, CampaignState.PAUSED})


@dataclass(frozen=True)
class WordingForm:
    """As typed."""

    kind: MessageKind
    locale: str
    subject: str
    body: str

    def read(self) -> OwnWording:
        """Raises FieldErrors; what is no place, with its line and column."""
        errors = _lengths(self)
        subject = " ".join(self.subject.split())
        body = self.body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        if errors:
            raise FieldErrors(errors)
        try:
            compile_wording(self.kind, subject=subject, body=body)
        except PlaceRefused as refused:
            raise FieldErrors({refused.part: _sentence(refused)}) from None
        return OwnWording(self.kind.value, self.locale, subject, body)


def edit_wording(
    session: Session,
    *,
    slug: str,
    form: WordingForm,
    was: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """From now on every mail of this kind has these words. ``was``: the stamp of those that were
    shown with the form. Raises FieldErrors, CampaignNotOpen, ChangedMeanwhile."""
    own = form.read()
    campaign = _lock(session, slug)
    assert campaign.id is not None
    if own in wordings.list_wordings(session, campaign.id):
        return
    _require_same(session, campaign.id, form.kind, form.locale, was=was)
    wordings.keep_wording(session, campaign.id, own, now=now)
    _note(session, campaign, form.kind, form.locale, by=by, now=now)


def drop_wording(
    session: Session,
    *,
    slug: str,
    kind: MessageKind,
    locale: str,
    was: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """Our words again. Raises CampaignNotOpen, ChangedMeanwhile."""
    campaign = _lock(session, slug)
    assert campaign.id is not None
    _require_same(session, campaign.id, kind, locale, was=was)
    if wordings.drop_wording(session, campaign.id, kind=kind.value, locale=locale):
        _note(session, campaign, kind, locale, by=by, now=now)


def _require_same(
    session: Session, campaign_id: int, kind: MessageKind, locale: str, *, was: str | None
) -> None:
    if was is None:
        return
    if was != wordings.stamp_of(session, campaign_id, kind=kind.value, locale=locale):
        raise ChangedMeanwhile


def _lock(session: Session, slug: str) -> Campaign:
    campaign = campaigns.lock_campaign(session, slug)
    if campaign.state not in _OPEN_TO_WORDS:
        raise CampaignNotOpen(state=campaign.state)
    return campaign


def _note(
    session: Session,
    campaign: Campaign,
    kind: MessageKind,
    locale: str,
    *,
    by: Actor,
    now: datetime,
) -> None:
    detail = f"wording of the {kind.value.replace('_', ' ')} in {locale}"
    note_activity(
        session, by=by, action="campaign.edit", campaign_id=campaign.id, detail=detail, now=now
    )


def _lengths(form: WordingForm) -> dict[str, str]:
    errors = {}
    if not form.subject.strip():
        errors["subject"] = "Please write a subject."
    if len(form.subject) > MAX_SUBJECT:
        errors["subject"] = f"Please keep it within {MAX_SUBJECT} characters."
    if not form.body.strip():
        errors["body"] = "Please write some words, or go back to ours."
    if len(form.body) > MAX_BODY:
        errors["body"] = f"Please shorten it to {MAX_BODY:,} characters."
    return errors


def _sentence(refused: PlaceRefused) -> str:
    text = str(refused)
    return f"{text[0].upper()}{text[1:]}."
