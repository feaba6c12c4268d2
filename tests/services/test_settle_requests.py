"""A coordinator admits or refuses who asks to join. On both databases."""

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import OrganizationNotFound
from outreach.domain.message import MessageKind
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.close_campaign import close_campaign
from outreach.services.end_retention import erase_contacts_if_due
from outreach.services.erase_person import erase_person
from outreach.services.export_person import export_person
from outreach.services.publish_statement import publish_campaign
from outreach.services.settle_requests import (
    RequestRefused,
    admit_requests,
    admit_to,
    refuse_requests,
    set_door,
    sort_requests,
)
from outreach.services.steer_campaign import cancel_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Contact, Invitation, Link, Organization
from tests.counting import counting
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    send_what_is_due,
    sign,
    the_invitation,
    the_messages,
)
from tests.joining import (
    SLUG,
    a_request,
    a_waiting_request,
    an_open_door,
    nora,
    states,
    the_requests,
)
from tests.noticing import the_notices
from tests.racing import race


def admit(session: Session, *ids: int | None, expected: int | None = None) -> int:
    return admit_requests(
        session,
        slug=SLUG,
        request_ids=[one or 0 for one in ids],
        expected=len(ids) if expected is None else expected,
        mail_domain=DOMAIN,
        by=nora(session),
        now=NOW,
    )


def organization_of(session: Session, name: str) -> int:
    return the_invitation(session, name).organization_id


def test_who_is_admitted_is_asked_as_all_others_are(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_waiting_request(session, words="Our site: beta.example")
        assert admit(session, request.id) == 1
        organization = session.exec(
            select(Organization).where(col(Organization.name) == "Beta Rights")
        ).one()
        assert (organization.country, organization.notes) == ("DE", "")  # the request has the rest
        contact = session.exec(
            select(Contact).where(col(Contact.organization_id) == organization.id)
        ).one()
        assert (contact.name, contact.email, contact.role, contact.zone) == (
            "Bea Example",
            "bea@beta.example",
            "signs",
            "Europe/Berlin",
        )
        (mail,) = the_messages(session, "Beta Rights", kind=MessageKind.INVITATION)
        assert (mail.state, mail.contact_id) == ("queued", contact.id)
        (kept,) = the_requests(session)
        assert (kept.state, kept.organization_id) == ("admitted", organization.id)
        assert kept.settled_by == nora(session).coordinator_id
        send_what_is_due(session)
        sign(session, "Beta Rights")
        assert the_invitation(session, "Beta Rights").state == "signed"


def test_what_nobody_has_proven_cannot_be_admitted(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_request(session)
        assert admit(session, request.id, expected=0) == 0
        assert states(session) == ["unproven"]
        with pytest.raises(RequestRefused):
            admit_to(
                session,
                slug=SLUG,
                request_id=request.id or 0,
                organization_id=organization_of(session, "Alpha"),
                mail_domain=DOMAIN,
                by=nora(session),
                now=NOW,
            )


def test_what_needs_a_look_is_left_out_of_many_and_said(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        ids = [
            a_waiting_request(session, organization=name, email=f"{number}@x.example").id or 0
            for number, name in enumerate(("ALPHA", "Beta", "beta", "Gamma"))
        ]
        found = sort_requests(session, slug=SLUG, request_ids=ids)
        assert [one.organization for one in found.ready] == ["Beta", "Gamma"]
        assert [(one.organization, why) for one, why in found.left] == [
            ("ALPHA", "the campaign has an organization of this name"),
            ("beta", "another of these requests has the same name"),
        ]
        with pytest.raises(UnexpectedNumber):
            admit(session, *ids)
        assert states(session) == ["waiting"] * 4
        assert admit(session, *ids, expected=2) == 2
        assert states(session) == ["waiting", "admitted", "waiting", "admitted"]


def test_one_of_a_known_organization_becomes_its_contact(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_waiting_request(session, organization="alpha")
        admit_to(
            session,
            slug=SLUG,
            request_id=request.id or 0,
            organization_id=organization_of(session, "Alpha"),
            mail_domain=DOMAIN,
            by=nora(session),
            now=NOW,
        )
        assert len(the_messages(session, "Alpha", kind=MessageKind.INVITATION)) == 2
        assert len(session.exec(select(Link)).all()) == 2
        assert states(session) == ["admitted"]


def test_an_organization_of_elsewhere_is_none(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_waiting_request(session)
        with pytest.raises(OrganizationNotFound):
            admit_to(
                session,
                slug=SLUG,
                request_id=request.id or 0,
                organization_id=999,
                mail_domain=DOMAIN,
                by=nora(session),
                now=NOW,
            )


def test_a_refusal_is_told_to_nobody_and_can_be_thought_over(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_waiting_request(session)
        notices = len(the_notices(session))
        for many in (1, 0):
            refused = refuse_requests(
                session, slug=SLUG, request_ids=[request.id or 0], by=nora(session), now=NOW
            )
            assert refused == many
        assert len(the_notices(session)) == notices
        assert len(the_messages(session)) == 1
        assert admit(session, request.id) == 1


def test_nobody_joins_what_is_over(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_waiting_request(session)
        cancel_campaign(session, slug=SLUG)
        with pytest.raises(RequestRefused, match="the campaign is cancelled"):
            admit(session, request.id)
        with pytest.raises(RequestRefused):
            set_door(session, slug=SLUG, is_on=True, by=nora(session), now=NOW)


def test_the_deadline_is_looked_at_itself(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        with pytest.raises(RequestRefused, match="the deadline has passed"):
            set_door(session, slug=SLUG, is_on=True, by=nora(session), now=DEADLINE)


def test_what_was_done_is_in_the_activity_log(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        first, second = a_waiting_request(session), a_waiting_request(session, email="c@c.example")
        admit(session, first.id)
        refuse_requests(session, slug=SLUG, request_ids=[second.id or 0], by=nora(session), now=NOW)
        set_door(session, slug=SLUG, is_on=False, by=nora(session), now=NOW)
        actions = list(session.exec(select(Activity.action).order_by(col(Activity.id))))
    assert actions[-4:] == ["door.open", "request.admit", "request.refuse", "door.shut"]


def test_two_who_admit_at_once_make_one_organization(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_waiting_request(session).id

    def press() -> int:
        with database.transaction() as session:
            return admit_requests(
                session,
                slug=SLUG,
                request_ids=[request or 0],
                expected=1,
                mail_domain=DOMAIN,
                by=nora(session),
                now=NOW,
            )

    found = race([press] * 3)
    assert sorted(type(one).__name__ for one in found) == [
        "UnexpectedNumber",
        "UnexpectedNumber",
        "int",
    ]
    with database.reading() as session:
        assert len(session.exec(select(Invitation)).all()) == 2


def test_many_are_compared_by_as_many_statements_as_few(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        ids = [
            a_waiting_request(
                session, organization=f"Number {number}", email=f"{number}@x.example"
            ).id
            or 0
            for number in range(12)
        ]
    asked = []
    for many in (2, 12):
        with database.reading() as session, counting(database) as counted:
            sort_requests(session, slug=SLUG, request_ids=ids[:many])
        asked.append(counted.many)
    assert asked[0] == asked[1]


@pytest.mark.parametrize("settle", ["admit", "refuse"])
def test_many_are_settled_by_as_many_statements_as_few(database: Database, settle: str) -> None:
    asked = []
    with database.transaction() as session:
        an_open_door(session)
        by = nora(session)
    for many in (2, 12):
        with database.transaction() as session:
            names = [f"Number {many} {number}" for number in range(many)]
            ids = [
                a_waiting_request(
                    session, organization=name, email=f"{name[7:]}@x.example".replace(" ", "-")
                ).id
                or 0
                for name in names
            ]
        with database.transaction() as session, counting(database) as counted:
            if settle == "admit":
                admit_requests(
                    session,
                    slug=SLUG,
                    request_ids=ids,
                    expected=many,
                    mail_domain=DOMAIN,
                    by=by,
                    now=NOW,
                )
            else:
                refuse_requests(session, slug=SLUG, request_ids=ids, by=by, now=NOW)
        asked.append(counted.many)
    assert asked[0] == asked[1]


def test_an_erasure_takes_the_requests_with_it(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        a_waiting_request(session)
        a_request(session, email="cleo@gamma.example", words="Write to bea@beta.example")
        a_request(session, email="dora@delta.example", words="Bea Example told me")
        told = export_person(session, email="bea@beta.example")
        assert [one["organization"] for one in told["join_requests"]] == ["Beta Rights"]
        assert "link_id" not in told["join_requests"][0]
        erase_person(session, email="bea@beta.example", seed=b"seed", mail_domain=DOMAIN, now=NOW)
        left = the_requests(session)
        assert [one.words for one in left] == ["Write to (erased)", "(erased) told me"]
        assert [one.request_id for one in the_notices(session)] == [one.id for one in left]


def test_requests_go_with_the_campaigns_contacts(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        a_waiting_request(session)
        close_campaign(session, slug=SLUG, mail_domain=DOMAIN, now=NOW)
        publish_campaign(session, slug=SLUG, now=NOW)
        erase_contacts_if_due(
            session, slug=SLUG, days=1, mail_domain=DOMAIN, now=DEADLINE.replace(year=2027)
        )
        assert not the_requests(session)
