"""The activity log: who did what, when."""

from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from outreach.services.list_activity import list_activity, list_undelivered
from outreach.web.desk.access import Viewing, desk_page
from outreach.web.site import CurrentSite, looking

router = APIRouter()

_WORDS: Final = MappingProxyType(
    {
        "account.app_added": "set up an app for codes",
        "account.app_removed": "removed the app for codes",
        "account.change": "changed their account",
        "account.codes_made": "made new recovery codes",
        "account.disable": "disabled an account",
        "account.enable": "enabled an account",
        "account.invite": "invited somebody",
        "account.passkey_added": "added a passkey",
        "account.passkey_removed": "removed a passkey",
        "account.password": "changed their password",
        "account.reset": "made a new set-up link",
        "account.role": "changed a role",
        "account.session_end": "signed a browser out",
        "account.sessions_end": "signed every other browser out",
        "account.set_up": "set up the account",
        "account.sign_in": "signed in",
        "addressee_copy.export": "took the addressee’s copy out as a file",
        "answers.export": "took the answers out as a file",
        "campaign.cancel": "cancelled the campaign",
        "campaign.close": "closed the list",
        "campaign.create": "created the campaign",
        "campaign.edit": "changed the campaign",
        "campaign.extend": "moved the deadline",
        "campaign.launch": "launched the campaign",
        "campaign.pause": "paused the campaign",
        "campaign.publish": "published the list",
        "campaign.resume": "resumed the campaign",
        "chase.give": "gave organizations into somebody’s care",
        "chase.own": "took an organization",
        "chase.plan": "planned the next step",
        "chase.release": "let an organization go",
        "consent.confirm": "confirmed a recorded consent",
        "consent.record": "recorded a consent",
        "consent.refuse": "refused a recorded consent",
        "contact.add": "added a contact",
        "contact.change": "changed a contact",
        "contacts.erase": "erased the contacts",
        "contacts.keep": "keeps the contacts",
        "contacts.let_go": "lets the contacts go in time",
        "contacts.export": "took the contacts out as a file",
        "door.open": "opened the door to who asks to join",
        "door.shut": "shut the door to who asks to join",
        "key.create": "made a key",
        "key.revoke": "revoked a key",
        "links.reissue": "replaced personal links",
        "links.revoke": "ended personal links",
        "mail.settle": "settled mail",
        "mails.export": "took the list of mails out as a file",
        "note.add": "noted",
        "organizations.export": "took the list of organizations out as a file",
        "partners.add": "added an organization",
        "partners.change": "changed an organization",
        "partners.import": "imported organizations",
        "partners.remove": "removed an organization",
        "person.erase": "erased a person",
        "person.export": "took a person’s data out as a file",
        "reminder.send": "reminded",
        "request.admit": "admitted who asked to join",
        "request.refuse": "refused who asked to join",
        "review.keep": "let the first of two answers stand",
        "review.replace": "let the later of two answers count",
        "suppression.lift": "let mail go to an address again",
    }
)


@looking(router, "/desk/activity")
def show_activity(
    site: CurrentSite, visitor: Viewing, campaign: str = "", person: str = "", page: str = "1"
) -> Response:
    who = _number(person)
    with site.outreach.database.reading() as session:
        found = list_activity(
            session, campaign_slug=_plain(campaign), coordinator_id=who, page=_number(page) or 1
        )
        undelivered = list_undelivered(session, now=site.outreach.clock())
    chosen = urlencode({"campaign": campaign, "person": person, "page": ""})
    return desk_page(
        site,
        visitor,
        "activity.html",
        tab="activity",
        found=found,
        undelivered=undelivered,
        chosen_campaign=campaign,
        chosen_person=who,
        address=f"{site.base}/desk/activity?{chosen}",
        words=words_of,
    )


def words_of(action: str) -> str:
    """An action as people say it; one that has no words here, by its own."""
    return _WORDS.get(action) or action.replace(".", ": ").replace("_", " ")


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else None


def _plain(slug: str) -> str:
    """PostgreSQL refuses to look for a NUL."""
    return slug if slug.isprintable() else "?"
