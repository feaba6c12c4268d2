"""The wizard's words: own subject and text for each mail, seen as organizations will see them."""

from functools import partial
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.exceptions import HTTPException

from outreach.domain.errors import CampaignNotOpen, ChangedMeanwhile, FieldErrors
from outreach.domain.message import MessageKind
from outreach.mail.headers import HeaderRefused
from outreach.mail.own_words import PLACES
from outreach.mail.templates import RenderedMail
from outreach.services.edit_wording import WordingForm, drop_wording, edit_wording
from outreach.services.preview_wording import (
    KindUnknown,
    find_kind,
    list_readers,
    preview_wording,
    sample_mail,
)
from outreach.services.send_test import compose_test, send_test
from outreach.store.campaigns import require_campaign
from outreach.store.wordings import OwnWording, list_wordings, stamp_of
from outreach.web.desk.access import Editing, Viewing, Visitor
from outreach.web.desk.setup_page import (
    KnownSlug,
    Was,
    lead_back,
    lead_out,
    load_setup,
    setup_page,
    setup_path,
)
from outreach.web.headers import MAIL_POLICY
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

KINDS: Final = MappingProxyType(
    {
        MessageKind.INVITATION: ("Invitation", "the first mail, with the link"),
        MessageKind.REMINDER: ("Reminder", "to those who have not answered"),
        MessageKind.RECEIPT: ("Receipt", "after they have signed"),
        MessageKind.RECORDED_RECEIPT: (
            "Receipt of a recorded consent",
            "after a consent that came by telephone, message or letter was confirmed",
        ),
        MessageKind.DECLINE_RECEIPT: ("Receipt of a no", "after they have declined"),
        MessageKind.DEFERRAL_RECEIPT: ("Receipt of a later day", "after they have named one"),
        MessageKind.WITHDRAWAL_RECEIPT: ("Receipt of a withdrawal", "after they have withdrawn"),
        MessageKind.REVIEW_NOTICE: ("Notice of two answers", "after two of them have differed"),
        MessageKind.REVIEW_RESULT: ("The first answer stands", "after it was settled so"),
        MessageKind.CLOSING_NOTICE: ("Closing notice", "to the signatories, after the deadline"),
    }
)

_OURS: Final = MappingProxyType(
    {
        MessageKind.INVITATION: (
            "Invitation to sign: {{ title }}",
            "We invite **{{ organization }}** to sign a joint statement to {{ addressee }}.",
        ),
        MessageKind.REMINDER: (
            "Reminder: Invitation to sign: {{ title }}",
            "**{{ organization }}** has not answered yet whether it will sign the joint statement"
            " to {{ addressee }}.",
        ),
        MessageKind.RECEIPT: (
            "Receipt for your signature: {{ title }}",
            "Thank you for standing with us.",
        ),
        MessageKind.RECORDED_RECEIPT: (
            "We recorded your consent: {{ title }}",
            "Thank you for standing with us.",
        ),
        MessageKind.DECLINE_RECEIPT: (
            "Your answer is noted: {{ title }}",
            "We respect your decision.",
        ),
        MessageKind.DEFERRAL_RECEIPT: (
            "We ask again on your day: {{ title }}",
            "Thank you for taking it to your board.",
        ),
        MessageKind.WITHDRAWAL_RECEIPT: (
            "Your signature is withdrawn: {{ title }}",
            "We respect your decision.",
        ),
        MessageKind.REVIEW_NOTICE: (
            "Two answers from your organization: {{ title }}",
            "We will get in touch with you.",
        ),
        MessageKind.REVIEW_RESULT: (
            "Your organization’s answer stands: {{ title }}",
            "Thank you for your patience.",
        ),
        MessageKind.CLOSING_NOTICE: (
            "The list of signatories is closed: {{ title }}",
            "Together {{ signatory_count }} organizations have signed.",
        ),
    }
)


def _find_kind(kind: str) -> MessageKind:
    try:
        return find_kind(kind)
    except KindUnknown:
        raise HTTPException(404) from None


Kind = Annotated[MessageKind, Depends(_find_kind)]


@looking(router, "/desk/c/{slug}/setup/wording")
def show_wordings(site: CurrentSite, visitor: Viewing, slug: KnownSlug, done: str = "") -> Response:
    own = {(one.kind, one.locale) for one in _own(site, slug)}
    return setup_page(
        site,
        visitor,
        "wordings.html",
        setup=load_setup(site, slug),
        step="wording",
        done=done,
        kinds=KINDS,
        locales=site.outreach.composer.locales(),
        own=own,
    )


@looking(router, "/desk/c/{slug}/setup/wording/{kind}/{locale}")
def show_wording(
    site: CurrentSite,
    visitor: Viewing,
    slug: KnownSlug,
    kind: Kind,
    locale: str,
    done: str = "",
    sent: str = "",
) -> Response:
    _require_locale(site, locale)
    return _page(site, visitor, slug, kind, locale, done=done, sent=sent)


@router.post("/desk/c/{slug}/setup/wording/{kind}/{locale}")
def change_wording(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    kind: Kind,
    locale: str,
    subject: Text = "",
    body: Text = "",
    was: Was = None,
) -> Response:
    _require_locale(site, locale)
    form = WordingForm(kind, locale, subject, body)
    again = partial(_page, site, visitor, slug, kind, locale, typed=form)
    now = site.outreach.clock()
    try:
        with site.outreach.database.transaction() as session:
            edit_wording(session, slug=slug, form=form, was=was, by=visitor.actor, now=now)
    except FieldErrors as refusal:
        return again(was=was, errors=refusal.errors, status=422)
    except ChangedMeanwhile:
        return again(is_stale=True, status=409)
    except CampaignNotOpen:
        return lead_out(site, slug)
    return lead_back(site, slug, f"wording/{kind.value}/{locale}", done="wording")


@router.post("/desk/c/{slug}/setup/wording/{kind}/{locale}/ours")
def take_ours(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    kind: Kind,
    locale: str,
    was: Was = None,
) -> Response:
    _require_locale(site, locale)
    try:
        with site.outreach.database.transaction() as session:
            drop_wording(
                session,
                slug=slug,
                kind=kind,
                locale=locale,
                was=was,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except ChangedMeanwhile:
        return _page(site, visitor, slug, kind, locale, is_stale=True, status=409)
    except CampaignNotOpen:
        return lead_out(site, slug)
    return lead_back(site, slug, f"wording/{kind.value}/{locale}", done="ours")


@looking(router, "/desk/c/{slug}/setup/wording/{kind}/{locale}/preview")
def show_preview(
    site: CurrentSite,
    _visitor: Viewing,
    slug: KnownSlug,
    kind: Kind,
    locale: str,
    reader: str = "",
) -> Response:
    """The mail as it stands, for the frame."""
    _require_locale(site, locale)
    return _preview(site, slug, kind, locale, reader=reader, typed=None, as_text=False)


@router.post("/desk/c/{slug}/setup/wording/{kind}/{locale}/preview")
def preview_typed(
    site: CurrentSite,
    _visitor: Editing,
    slug: KnownSlug,
    kind: Kind,
    locale: str,
    subject: Text = "",
    body: Text = "",
    reader: Text = "",
    act: Text = "",
) -> Response:
    """The mail with what was just typed, for the frame; nothing is kept."""
    _require_locale(site, locale)
    typed = None
    if subject.strip() or body.strip():
        try:
            typed = WordingForm(kind, locale, subject, body).read()
        except FieldErrors as refusal:
            return _framed(site, errors=list(refusal.errors.values()), status=422)
    return _preview(site, slug, kind, locale, reader=reader, typed=typed, as_text=act == "text")


@router.post("/desk/c/{slug}/setup/wording/{kind}/{locale}/test")
def send_to_me(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    kind: Kind,
    locale: str,
    subject: Text = "",
    body: Text = "",
    reader: Text = "",
    was: Was = None,
) -> Response:
    """What is saved, to the coordinator's own address, at once. What was typed is shown again."""
    _require_locale(site, locale)
    outreach = site.outreach
    typed = WordingForm(kind, locale, subject, body) if subject or body else None
    again = partial(_page, site, visitor, slug, kind, locale, typed=typed, was=was)
    try:
        with outreach.database.transaction() as session:
            mail = compose_test(
                session,
                outreach.sample_composer,
                slug=slug,
                kind=kind,
                locale=locale,
                contact_id=_number(reader),
                to=visitor.email,
                mail_domain=outreach.mail_domain,
                by=visitor.actor,
                now=outreach.clock(),
            )
    except HeaderRefused as refused:
        return again(problem=str(refused), status=422)
    sent = send_test(mail, outreach.smtp_target)
    if not sent.arrived:
        return again(problem=sent.words, status=502)
    if typed:
        return again(sent="yes")
    return site.lead_to(f"{setup_path(slug, f'wording/{kind.value}/{locale}')}?sent=yes")


def _page(
    site: Site,
    visitor: Visitor,
    slug: str,
    kind: MessageKind,
    locale: str,
    *,
    typed: WordingForm | None = None,
    was: str | None = None,
    is_stale: bool = False,
    errors: dict[str, str] | None = None,
    problem: str = "",
    done: str = "",
    sent: str = "",
    status: int = 200,
) -> HTMLResponse:
    """``was``: what stood there when the form was first shown, else what stands there now."""
    setup = load_setup(site, slug)
    with site.outreach.database.reading() as session:
        readers = list_readers(session, slug=slug)
        own, stamp = _standing(session, slug, kind, locale)
    now = (own.subject, own.body) if own else _OURS[kind]
    subject, body = (typed.subject, typed.body) if typed else now
    return setup_page(
        site,
        visitor,
        "wording.html",
        setup=setup,
        step="wording",
        status=status,
        done=done,
        kind=kind.value,
        locale=locale,
        kind_words=KINDS[kind],
        subject=subject,
        body=body,
        is_own=own is not None,
        was=was or stamp,
        is_stale=is_stale,
        stands=now,
        errors=errors or {},
        problem=problem,
        sent=bool(sent),
        places=PLACES[kind],
        readers=[
            (str(contact.id), f"{organization.name} ({contact.language})")
            for organization, contact in readers
        ],
        captured=site.outreach.captures_mail,
    )


def _standing(
    session: Session, slug: str, kind: MessageKind, locale: str
) -> tuple[OwnWording | None, str]:
    """The campaign's own words, where it has some, and their stamp."""
    campaign = require_campaign(session, slug)
    assert campaign.id is not None
    wordings = list_wordings(session, campaign.id)
    own = next((one for one in wordings if (one.kind, one.locale) == (kind.value, locale)), None)
    return own, stamp_of(session, campaign.id, kind=kind.value, locale=locale)


def _own(site: Site, slug: str) -> tuple[OwnWording, ...]:
    with site.outreach.database.reading() as session:
        campaign = require_campaign(session, slug)
        assert campaign.id is not None
        return list_wordings(session, campaign.id)


def _preview(
    site: Site,
    slug: str,
    kind: MessageKind,
    locale: str,
    *,
    reader: str,
    typed: OwnWording | None,
    as_text: bool,
) -> Response:
    now = site.outreach.clock()
    with site.outreach.database.reading() as session:
        sample = sample_mail(
            session, slug=slug, kind=kind, contact_id=_number(reader), typed=typed, now=now
        )
    mail = preview_wording(site.outreach.sample_composer, sample, locale=locale, now=now)
    if as_text:
        return _framed(site, text=_as_text(mail))
    response = HTMLResponse(mail.html)
    response.headers["content-security-policy"] = MAIL_POLICY
    return response


def _framed(
    site: Site, *, text: str = "", errors: list[str] | None = None, status: int = 200
) -> HTMLResponse:
    response = site.pages.render(
        "desk/setup/framed.html", text=text, errors=errors or [], status=status
    )
    response.headers["content-security-policy"] = MAIL_POLICY
    return response


def _as_text(mail: RenderedMail) -> str:
    return f"Subject: {mail.subject}\n\n{mail.text}"


def _require_locale(site: Site, locale: str) -> None:
    if locale not in site.outreach.composer.locales():
        raise HTTPException(404)


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None
