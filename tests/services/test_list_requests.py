"""Who asks to join, beside whom the campaign has. On both databases."""

from outreach.services.list_requests import list_requests
from outreach.services.settle_requests import admit_requests, refuse_requests
from outreach.store.database import Database
from tests.counting import counting
from tests.factories import DOMAIN, NOW
from tests.joining import SLUG, a_request, a_waiting_request, an_open_door, nora


def test_only_what_is_proven_is_listed(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        a_request(session)
        a_waiting_request(session, organization="Gamma", email="cleo@gamma.example")
        refused = a_waiting_request(session, organization="Delta", email="dora@delta.example")
        refuse_requests(
            session, slug=SLUG, request_ids=[refused.id or 0], by=nora(session), now=NOW
        )
        admitted = a_waiting_request(session, organization="Eta", email="eva@eta.example")
        admit_requests(
            session,
            slug=SLUG,
            request_ids=[admitted.id or 0],
            expected=1,
            mail_domain=DOMAIN,
            by=nora(session),
            now=NOW,
        )
        found = list_requests(session, slug=SLUG, now=NOW)
    assert [one.organization for one in found.admitted] == ["Eta"]
    assert [one.organization for one in found.rows] == ["Gamma"]
    assert [one.organization for one in found.refused] == ["Delta"]
    assert (found.is_open, found.waiting, found.unproven) == (True, 1, 1)


def test_likely_doubles_are_named_with_the_reason(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session, "Hong Kong Watch", "Human Rights Forum", "Uyghur Center")
        for name, email in (
            ("HONG KONG WATCH", "one@x.example"),
            ("Human Right Forum", "two@y.example"),
            ("Something Else", "zoe@uyghurcenter.example"),
            ("A New One", "four@z.example"),
        ):
            a_waiting_request(session, organization=name, email=email)
        session.connection().exec_driver_sql(
            "UPDATE contact SET email_key = 'ann@uyghurcenter.example' WHERE id = 3"
        )
        found = list_requests(session, slug=SLUG, now=NOW)
    assert [[(near.organization.name, near.why) for near in one.likely] for one in found.rows] == [
        [("Hong Kong Watch", "the same name")],
        [("Human Rights Forum", "a similar name")],
        [("Uyghur Center", "a contact there is at uyghurcenter.example too")],
        [],
    ]
    assert [one.needs_choice for one in found.rows] == [True, False, False, False]


def test_a_mail_providers_domain_tells_nothing(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session, "Alpha", "Omega")
        session.connection().exec_driver_sql("UPDATE contact SET email_key = id || '@mail.example'")
        a_waiting_request(session, email="bea@mail.example")
        (one,) = list_requests(session, slug=SLUG, now=NOW).rows
    assert one.likely == ()


def test_the_number_of_statements_does_not_grow(database: Database) -> None:
    asked = []
    with database.transaction() as session:
        an_open_door(session)
    for many in (1, 15):
        with database.transaction() as session:
            for number in range(many):
                email = f"{many}-{number}@x.example"
                a_waiting_request(session, organization=f"No {many} {number}", email=email)
        with database.reading() as session, counting(database) as counted:
            list_requests(session, slug=SLUG, now=NOW)
        asked.append(counted.many)
    assert asked[0] == asked[1]


def test_a_flood_of_alike_requests_hides_no_likely_double(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session, "Amnesty International")
        for letter in "abcdefghijklmnopq":
            name = f"Zeta Rights Network of Berl{letter}"
            a_waiting_request(session, organization=name, email=f"{letter}@x.example")
        a_waiting_request(session, organization="Amnesty Internationl", email="z@y.example")
        found = list_requests(session, slug=SLUG, now=NOW)
    assert [near.organization.name for near in found.rows[-1].likely] == ["Amnesty International"]
