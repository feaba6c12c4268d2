"""The look over everything before a launch: what is fine, what to look at, what must be mended.

What the database knows is read first, in one look. What the outside has to say is asked after it,
each question with a short limit and all of them at once.
"""

import http.client
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from sqlmodel import Session

from outreach.mail.opening import greet
from outreach.mail.reply_table import Outcome
from outreach.mail.sender_domain import SenderDomain, look_at_domain
from outreach.mail.target import SmtpTarget
from outreach.services.show_setup import Setup, StepState, show_setup
from outreach.store import campaigns, drafts

SMTP_LIMIT = 8.0
WEB_LIMIT = 4.0

_SHOWN = 5
_LOCAL = ("127.0.0.1", "localhost", "::1")
_RESERVED = (".example", ".test", ".invalid", ".localhost", "example.org", "example.com")


class Level(StrEnum):
    FINE = "fine"
    LOOK = "look"
    MEND = "mend"


@dataclass(frozen=True)
class Line:
    """One thing looked at. ``step`` is the wizard's page where it is mended, or empty."""

    what: str
    level: Level
    words: str
    step: str = ""


@dataclass(frozen=True)
class Outside:
    """Where the outside is to be asked. ``captured``: no mail leaves this machine."""

    public_url: str
    smtp_target: SmtpTarget
    captured: bool
    sender_domain: str


def check_inside(
    session: Session, *, slug: str, locale_of: Callable[[str], str], now: datetime
) -> list[Line]:
    """What the campaign itself says. ``locale_of`` a contact's language is the one we write in.

    Raises CampaignNotFound.
    """
    setup = show_setup(session, slug=slug, now=now)
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    languages = drafts.contacts_by_language(session, campaign.id)
    suppressed, first = drafts.suppressed_contacts(session, campaign.id, most=_SHOWN)
    return [
        _deadline(setup),
        _partners(setup),
        _languages(languages, locale_of=locale_of),
        _suppressed(suppressed, first),
        _reply_to(setup),
        _reminders(setup, now=now),
    ]


def check_outside(outside: Outside) -> list[Line]:
    """What the mail server, the web and the DNS say. Opens no transaction; ends in seconds."""
    checks: list[Callable[[], list[Line]]] = [
        lambda: [_public_url(outside)],
        lambda: [_smtp(outside)],
        lambda: _domain(outside),
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        return [line for lines in pool.map(lambda check: check(), checks) for line in lines]


def _deadline(setup: Setup) -> Line:
    step = setup.step("deadline")
    if step.state is StepState.MISSING:
        return Line("Deadline", Level.MEND, step.words, "deadline")
    return Line("Deadline", Level.FINE, "It lies ahead, and before the occasion is over.")


def _partners(setup: Setup) -> Line:
    if not setup.organizations:
        return Line("Partners", Level.MEND, "Nobody is on the list yet.", "partners")
    if not setup.people:
        return Line("Partners", Level.MEND, "Nobody on the list can be invited.", "partners")
    many = f"{setup.people:,} people of {setup.organizations:,} organizations"
    return Line("Partners", Level.FINE, f"{many}; no address and no name stands twice.")


def _languages(languages: Sequence[tuple[str, int]], *, locale_of: Callable[[str], str]) -> Line:
    other = [
        (name, many)
        for name, many in languages
        if name.partition("-")[0] != locale_of(name).partition("-")[0]
    ]
    if not other:
        return Line("Languages", Level.FINE, "Everybody reads a language that we write in.")
    named = ", ".join(f"{name} ({many:,})" for name, many in other[:_SHOWN])
    more = " and others" if len(other) > _SHOWN else ""
    return Line(
        "Languages",
        Level.LOOK,
        f"We have no words in {named}{more}: these people are written to in English, with days"
        " and times in their own language.",
        "partners",
    )


def _suppressed(many: int, first: Sequence[str]) -> Line:
    if not many:
        return Line("Unsubscribed", Level.FINE, "No address has asked for no more mail.")
    shown = ", ".join(first)
    words = f"{many:,} asked for no more mail and will get none: {shown}"
    return Line("Unsubscribed", Level.LOOK, words, "partners")


def _reply_to(setup: Setup) -> Line:
    address = setup.campaign.reply_to
    if not address:
        return Line("Replies", Level.MEND, "Nobody would read the answers to our mails.", "sender")
    return Line("Replies", Level.FINE, f"They go to {address}.")


def _reminders(setup: Setup, *, now: datetime) -> Line:
    steps = setup.reminder_steps
    if not steps:
        words = "There are none. Most organizations answer only after a reminder."
        return Line("Reminders", Level.LOOK, words, "reminders")
    ahead = [step for step in steps if setup.campaign.deadline - step.before > now]
    if len(ahead) < len(steps):
        over = len(steps) - len(ahead)
        words = f"{over} of {len(steps)} would fall before now and will not be sent."
        return Line("Reminders", Level.LOOK, words, "reminders")
    return Line("Reminders", Level.FINE, f"All {len(steps)} lie ahead.")


def _public_url(outside: Outside) -> Line:
    url = outside.public_url
    if urlsplit(url).hostname in _LOCAL:
        words = f"{url}: only this machine can open the links. For real mail set PUBLIC_URL."
        return Line("Links", Level.LOOK if outside.captured else Level.MEND, words)
    if trouble := _fetch(f"{url}/healthz"):
        words = f"{url} does not answer from here ({trouble}). Ask whoever runs this service."
        return Line("Links", Level.LOOK, words)
    if not url.startswith("https://"):
        words = f"{url} is not https: a link is as good as a signature, and can be read on its way."
        return Line("Links", Level.LOOK, words)
    return Line("Links", Level.FINE, f"{url} answers.")


def _fetch(url: str) -> str:
    """Empty where it answers, else why not."""
    request = Request(url, headers={"User-Agent": "Outreach"})  # noqa: S310 - PUBLIC_URL is http(s)
    try:
        with urlopen(request, timeout=WEB_LIMIT) as response:  # noqa: S310 - as above
            response.read(100)
    except HTTPError as error:
        return f"it says {error.code}"
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        return type(getattr(error, "reason", error)).__name__
    return ""


def _smtp(outside: Outside) -> Line:
    if outside.captured:
        words = "Mail is kept in the mailbox of this machine and reaches nobody: a rehearsal."
        return Line("Mail server", Level.LOOK, words)
    reply = greet(outside.smtp_target, within=SMTP_LIMIT)
    where = f"{outside.smtp_target.host}:{outside.smtp_target.port}"
    if reply.outcome is Outcome.ACCEPTED:
        return Line("Mail server", Level.FINE, f"{where} answers and lets us in.")
    return Line("Mail server", Level.MEND, f"{where}: {reply.words}")


def _domain(outside: Outside) -> list[Line]:
    domain = outside.sender_domain
    if outside.captured or domain.endswith(_RESERVED):
        words = "Not looked at: no mail leaves this machine, or the domain is made up."
        return [Line("Sender’s domain", Level.LOOK, words)]
    found = look_at_domain(domain)
    return [_spf(found), _dkim(found), _dmarc(found)]


def _spf(found: SenderDomain) -> Line:
    return _record(
        "SPF",
        found.spf,
        found.domain,
        without="has no SPF record: many servers will take our mail for spam. Add a TXT record"
        " “v=spf1 …” that names your mail server",
    )


def _dkim(found: SenderDomain) -> Line:
    if found.has_dkim is None:
        return _unanswered("DKIM", found.domain)
    if found.has_dkim:
        return Line("DKIM", Level.FINE, f"{found.domain} publishes keys.")
    words = f"{found.domain} publishes no key. Have your mail server sign what it sends."
    return Line("DKIM", Level.LOOK, words)


def _dmarc(found: SenderDomain) -> Line:
    return _record(
        "DMARC",
        found.dmarc,
        found.domain,
        without="has no DMARC record: large providers ask for one. Add a TXT record at _dmarc,"
        " “v=DMARC1; p=none” to begin with",
    )


def _record(what: str, text: str | None, domain: str, *, without: str) -> Line:
    if text is None:
        return _unanswered(what, domain)
    if not text:
        return Line(what, Level.LOOK, f"{domain} {without}.")
    return Line(what, Level.FINE, f"{domain}: {text[:120]}")


def _unanswered(what: str, domain: str) -> Line:
    return Line(what, Level.LOOK, f"The DNS did not answer for {domain}; look again later.")
