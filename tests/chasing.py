"""A campaign whose organizations have names of many scripts, each case of the chase list in it."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from outreach.domain.message import MessageEvent
from outreach.services.create_campaign import create_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.store import chases, claims, notes, partners
from outreach.store.desk_tables import PageView
from outreach.store.partners import NewContact, NewOrganization
from outreach.store.rounds import Result
from outreach.store.tables import Campaign, Invitation
from tests.factories import DOMAIN, STATEMENT, record_result, send_what_is_due

NAMES = (
    "西藏人權與民主促進中心",
    "བོད་ཀྱི་འགྲོ་བ་མིའི་ཐོབ་ཐང་དང་མང་གཙོ་འཕེལ་རྒྱས་ཁང།",
    "ئۇيغۇر كىشىلىك ھوقۇق قۇرۇلۇشى",
    "مركز الأرشيف والذاكرة",
    "Gesellschaft für bedrohte Völker e. V., Regionalgruppe Schleswig-Holstein",
    "Hong Kong Watch",
    "台灣人權促進會",
    "Arbeitsgemeinschaft Menschenrechte",
    "Le Comité des familles",
)
PEOPLE = (
    "林美玲",
    "བསྟན་འཛིན",
    "Ayşem",
    "ليلى حداد",
    "Jörg Müller-Lüdenscheidt",
    "Ada",
    "陳小明",
    "Ida",
    "",
)
LANGUAGES = ("zh-Hant", "bo", "ug", "ar", "de", "en", "zh-Hant", "de", "fr")


def a_crowd(session: Session, *, many: int, now: datetime) -> Campaign:
    """``crowd``, launched six days ago; of its first organizations each is another case."""
    launched = now - timedelta(days=6)
    campaign = create_campaign(
        session,
        source=STATEMENT.replace("2026-04-24", (now + timedelta(days=60)).date().isoformat()),
        slug="crowd",
        deadline=now + timedelta(days=11),
        zone="Europe/Berlin",
        remind="3d,1d",
        default_reply_to="coordinator@coalition.example",
        now=launched,
    )
    assert campaign.id is not None
    _add(session, campaign.id, many=many, now=launched)
    launch_campaign(session, slug="crowd", mail_domain=DOMAIN, now=launched)
    _refuse_two(session, now=now)
    while send_what_is_due(session, now=launched):
        pass
    _work(session, campaign.id, now=now)
    return campaign


def _add(session: Session, campaign_id: int, *, many: int, now: datetime) -> None:
    names = [*NAMES, *(f"Partner of the coalition {number:04}" for number in range(many))][:many]
    new = [NewOrganization(name, f"key{place}") for place, name in enumerate(names)]
    ids = partners.add_organizations(session, new, campaign_id=campaign_id, now=now)
    contacts = [
        NewContact(
            organization_id=ids[f"key{place}"],
            name=PEOPLE[place % 9],
            email=f"contact{place}@partner-{place}.example",
            email_key=f"contact{place}@partner-{place}.example",
            language=LANGUAGES[place % 9],
            zone="Asia/Taipei",
        )
        for place in range(many)
    ]
    partners.add_contacts(session, contacts, campaign_id=campaign_id, now=now)


def _refuse_two(session: Session, *, now: datetime) -> None:
    later = now + timedelta(hours=1)
    for event, words, due_at in (
        (MessageEvent.REJECTED, "550 5.1.1 Recipient address rejected: User unknown", None),
        (MessageEvent.DEFERRED, "451 4.7.1 Greylisted, please try again later", later),
    ):
        won = claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=now)
        result = Result(won[0].id, event, code=550, words=words, due_at=due_at, attempts=1)
        assert record_result(session, result, owner="s", now=now)


def _work(session: Session, campaign_id: int, *, now: datetime) -> None:
    query = select(Invitation).where(col(Invitation.campaign_id) == campaign_id)
    asked = session.exec(query.order_by(col(Invitation.id)).limit(9)).all()
    for place, days, step in ((2, 0, "ring her mobile, after lunch"), (3, -2, "ask for a date")):
        chases.set_next_step(
            session,
            organization_id=asked[place].organization_id,
            campaign_id=campaign_id,
            next_step=step,
            next_on=now.date() + timedelta(days=days),
            now=now,
        )
    viewed = asked[4]
    assert viewed.id is not None
    session.add(PageView(invitation_id=viewed.id, contact_id=1, at=now - timedelta(days=1)))
    notes.add_note(
        session,
        campaign_id=campaign_id,
        organization_id=viewed.organization_id,
        coordinator_id=None,
        channel="call",
        text="Spoke to the secretary. The director must decide; she is travelling until Thursday.",
        now=now - timedelta(days=3),
    )
