"""The facts of any mail, without a database: the composer is handed them as the store would."""

from dataclasses import fields, replace
from datetime import date
from hashlib import sha256
from typing import Any

from outreach.domain.message import MessageKind
from outreach.store.outgoing import CampaignText, GivenAnswer, Outgoing
from tests.factories import DEADLINE, NOW

CAMPAIGN = CampaignText(
    id=1,
    slug="visit",
    state="open",
    title="Joint statement on the visit",
    addressee="Secretary of State Jane Doe",
    occasion="visit to Examplia",
    occasion_date=date(2026, 4, 24),
    reply_to="coordinator@coalition.example",
    deadline=DEADLINE,
    zone="Europe/Berlin",
    asks="Call for the release of all political prisoners",
    body="Human rights *must not* be set aside.\n",
    sha256="ab" * 32,
)
ANSWER = GivenAnswer("Hong Kong Watch", "", "Ada Example", "Director", NOW)
MAIL = Outgoing(
    kind=MessageKind.INVITATION,
    message_id="0123abcd@coalition.example",
    campaign=CAMPAIGN,
    organization="Hong Kong Watch",
    contact_name="Ada Example",
    contact_email="ada@hkw.example",
    language="en",
    zone="Europe/Berlin",
    role="signs",
    link_id="l" * 24,
    answer=ANSWER,
)
_OF_MAIL, _OF_ANSWER = ({item.name for item in fields(one)} for one in (MAIL, ANSWER))


def an_outgoing(kind: MessageKind = MessageKind.INVITATION, **facts: Any) -> Outgoing:
    """With these facts of the mail itself, of its answer or of its campaign."""
    own = {name: facts.pop(name) for name in _OF_MAIL & facts.keys()}
    given = {name: facts.pop(name) for name in _OF_ANSWER & facts.keys()}
    # One wording, one fingerprint: what is prepared for a campaign is looked up by it.
    wording = sha256(repr(sorted(facts.items())).encode("utf-8", "surrogatepass")).hexdigest()
    campaign = replace(CAMPAIGN, **{"sha256": wording, **facts})
    return replace(MAIL, kind=kind, campaign=campaign, answer=replace(ANSWER, **given), **own)
