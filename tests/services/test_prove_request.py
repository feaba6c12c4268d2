"""The mailed link proves the address of a request. On both databases."""

from datetime import timedelta
from functools import partial

import pytest

from outreach.domain.errors import LinkRefused
from outreach.links import new_link_id
from outreach.services.prove_request import find_request_page, prove_request
from outreach.services.settle_requests import admit_requests, refuse_requests, set_door
from outreach.store.database import Database
from tests.factories import DOMAIN, NOW, the_link
from tests.joining import (
    SLUG,
    a_request,
    a_waiting_request,
    an_open_door,
    nora,
    states,
    the_requests,
)
from tests.racing import race


def test_looking_proves_nothing(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        link = a_request(session).link_id
        page = find_request_page(session, link_id=link, now=NOW)
        assert (page.organization, page.may_prove) == ("Beta Rights", True)
        assert states(session) == ["unproven"]


def test_the_button_passes_it_on_once(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        link = a_request(session).link_id
        for hour in (1, 2):
            later = NOW + timedelta(hours=hour)
            assert prove_request(session, link_id=link, now=later) is None
        (request,) = the_requests(session)
        assert (request.state, request.proven_at) == ("waiting", NOW + timedelta(hours=1))
        assert not find_request_page(session, link_id=link, now=NOW).may_prove


def test_who_is_invited_already_is_led_to_their_own_link(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        email = session.connection().exec_driver_sql("SELECT email FROM contact").scalar_one()
        link = a_request(session, email=email.upper()).link_id
        assert prove_request(session, link_id=link, now=NOW) == the_link(session, "Alpha").id
        assert states(session) == ["known"]
        # Once: a link that lies in a mailbox for years is no way to one that is made later.
        assert prove_request(session, link_id=link, now=NOW) is None


def test_an_address_that_asks_anew_takes_the_place_of_its_first_request(
    database: Database,
) -> None:
    with database.transaction() as session:
        an_open_door(session)
        a_waiting_request(session)
        a_waiting_request(session, organization="Beta Rights International")
        a_waiting_request(session, email="cleo@gamma.example")
        assert states(session) == ["replaced", "waiting", "waiting"]


def test_a_link_that_is_over_is_refused_as_one_that_never_was(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        link = a_request(session).link_id
        for number, hours in ((new_link_id(), 0), (link, 72)):
            now = NOW + timedelta(hours=hours)
            with pytest.raises(LinkRefused):
                find_request_page(session, link_id=number, now=now)
            with pytest.raises(LinkRefused):
                prove_request(session, link_id=number, now=now)
        set_door(session, slug=SLUG, is_on=False, by=nora(session), now=NOW)
        with pytest.raises(LinkRefused):
            prove_request(session, link_id=link, now=NOW)


def test_a_settled_request_still_has_its_page(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        first, second = a_waiting_request(session), a_waiting_request(session, email="c@c.example")
        refuse_requests(session, slug=SLUG, request_ids=[first.id or 0], by=nora(session), now=NOW)
        second.organization, second.name_key = "Gamma", "gamma"
        admit_requests(
            session,
            slug=SLUG,
            request_ids=[second.id or 0],
            expected=1,
            mail_domain=DOMAIN,
            by=nora(session),
            now=NOW,
        )
        later = NOW + timedelta(days=5)
        pages = [
            find_request_page(session, link_id=one.link_id, now=later).state
            for one in (first, second)
        ]
        assert pages == ["refused", "admitted"]


def test_two_presses_at_once_make_one_request(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        links = [a_request(session).link_id, a_request(session).link_id]

    def press(link: str) -> str | None:
        with database.transaction() as session:
            return prove_request(session, link_id=link, now=NOW)

    race([partial(press, link) for link in links * 3])
    with database.reading() as session:
        assert sorted(states(session)) == ["replaced", "waiting"]
