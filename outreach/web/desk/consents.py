"""A consent that came by another way than a link: one coordinator records, another settles it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Path, Response, UploadFile
from pydantic import BaseModel

from outreach.domain.errors import FieldErrors, Refused
from outreach.domain.privacy import Privacy
from outreach.domain.recorded_consent import MAX_FILE, SURE_SENTENCE, Channel, FileKind
from outreach.services.list_consents import has_second, list_waiting, read_file
from outreach.services.record_consent import SOMEBODY_ELSE, ConsentForm, record_consent
from outreach.services.settle_consent import ConsentRefused, confirm_consent, refuse_consent
from outreach.services.tell_story import tell_story
from outreach.store.campaigns import current_version, require_campaign
from outreach.web.desk.access import Editing, Viewing, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.desk.organization import Number, organization_page
from outreach.web.headers import DESK_HEADERS
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

ConsentId = Annotated[int, Path(alias="consent", ge=1, le=2**31 - 1)]

_CHANNELS: Final = (
    ("", "Please choose"),
    (Channel.PHONE, "By telephone"),
    (Channel.MESSAGE, "By message, as in Signal"),
    (Channel.EMAIL, "By e-mail"),
    (Channel.LETTER, "By letter"),
    (Channel.IN_PERSON, "In person"),
)
_TYPES: Final = MappingProxyType(
    {
        FileKind.PDF: "application/pdf",
        FileKind.PNG: "image/png",
        FileKind.JPEG: "image/jpeg",
        FileKind.EML: "message/rfc822",
        FileKind.TXT: "text/plain; charset=utf-8",
    }
)


class RecordFields(BaseModel):
    channel: str = ""
    contact: str = ""
    person: str = ""
    capacity: str = ""
    given_at: str = ""
    credit_line: str = ""
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""
    privacy: str = Privacy.PUBLIC
    quote: str = ""
    sure: str = ""
    statement_sha256: str = ""

    def as_form(self, *, zone: str, file_name: str, file: bytes) -> ConsentForm:
        typed = self.model_dump(exclude={"sure"})
        return ConsentForm(
            **typed, sure=self.sure == "yes", zone=zone, file_name=file_name, file=file
        )


@looking(router, "/desk/c/{slug}/recorded")
def show_waiting(site: CurrentSite, visitor: Viewing, slug: Slug) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        waiting = list_waiting(session, slug=slug, now=now)
    return desk_page(
        site,
        visitor,
        "recorded.html",
        campaign=waiting.campaign,
        tab="overview",
        waiting=waiting,
        has_second=waiting.has_second,
    )


@looking(router, "/desk/c/{slug}/organizations/{number:int}/record")
def show_record(site: CurrentSite, visitor: Editing, slug: Slug, number: Number) -> Response:
    return _record_page(site, visitor, slug, number)


@router.post("/desk/c/{slug}/organizations/{number:int}/record")
def record(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    number: Number,
    fields: Annotated[RecordFields, Form()],
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    name, content = _read(file)
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            record_consent(
                session,
                slug=slug,
                organization_id=number,
                form=fields.as_form(zone=visitor.zone, file_name=name, file=content),
                by=visitor.actor,
                mail_domain=site.outreach.mail_domain,
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        return _record_page(site, visitor, slug, number, fields, errors=refusal.errors)
    except Refused as refusal:
        return _record_page(site, visitor, slug, number, fields, refusal=refusal)
    return site.lead_to(f"{campaign_path(slug, 'organizations', number)}?done=recorded")


@router.post("/desk/c/{slug}/organizations/{number:int}/recorded/{consent:int}/confirm")
def confirm(
    site: CurrentSite, visitor: Editing, slug: Slug, number: Number, consent_id: ConsentId
) -> Response:
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            confirm_consent(
                session,
                slug=slug,
                organization_id=number,
                consent_id=consent_id,
                by=visitor.actor,
                mail_domain=site.outreach.mail_domain,
                now=site.outreach.clock(),
            )
    except ConsentRefused as refusal:
        return organization_page(site, visitor, slug, number, refusal=refusal)
    site.outreach.ring_bell()
    site.kept_looks.forget()
    site.kept_pages.forget()
    return site.lead_to(f"{campaign_path(slug, 'organizations', number)}?done=confirmed")


@router.post("/desk/c/{slug}/organizations/{number:int}/recorded/{consent:int}/refuse")
def refuse(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    number: Number,
    consent_id: ConsentId,
    reason: Annotated[str, Form()] = "",
) -> Response:
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            refuse_consent(
                session,
                slug=slug,
                organization_id=number,
                consent_id=consent_id,
                reason=reason,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except ConsentRefused as refusal:
        return organization_page(site, visitor, slug, number, refusal=refusal)
    return site.lead_to(f"{campaign_path(slug, 'organizations', number)}?done=refused")


@looking(router, "/desk/c/{slug}/organizations/{number:int}/recorded/{consent:int}/file")
def show_file(
    site: CurrentSite, visitor: Editing, slug: Slug, number: Number, consent_id: ConsentId
) -> Response:
    """To be saved, never shown in the page's own origin; its name tells nothing."""
    del visitor
    with or_not_found(), site.outreach.database.reading() as session:
        kind, content = read_file(session, slug=slug, organization_id=number, consent_id=consent_id)
    name = f"consent-{consent_id}.{kind}"
    headers = {
        **DESK_HEADERS,
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=_TYPES[kind], headers=headers)


def _read(file: UploadFile | None) -> tuple[str, bytes]:
    """One byte more than may be kept, so that too much is seen as too much."""
    if file is None or not file.filename:
        return "", b""
    return file.filename, file.file.read(MAX_FILE + 1)


def _record_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    number: int,
    fields: RecordFields | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    refusal: Refused | None = None,
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        story = tell_story(session, slug=slug, organization_id=number, now=now)
        version = current_version(session, require_campaign(session, slug).id or 0)
        two = has_second(session)
    typed = fields or RecordFields(credit_line=story.name, sort_name=story.sort_name)
    theirs = [(str(one.id), f"{one.name} <{one.email}>") for one in story.by_hand.linked]
    return desk_page(
        site,
        visitor,
        "record.html",
        campaign=story.campaign,
        tab="organizations",
        status=422 if errors else 409 if refusal else 200,
        story=story,
        typed=typed,
        errors=errors,
        refusal=refusal,
        channels=_CHANNELS,
        privacies=[
            (Privacy.PUBLIC, "Everybody, in the public list"),
            (Privacy.ADDRESSEE, f"{story.campaign.addressee} only"),
            (Privacy.COUNTED, "Nobody: counted without it"),
        ],
        contacts=[("", "Please choose"), *theirs, (SOMEBODY_ELSE, "Somebody else")],
        sure=SURE_SENTENCE.format(organization=story.name),
        version=version,
        has_second=two,
    )
