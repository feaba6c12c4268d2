"""A line among those that it will stand between, and nothing more of the list."""

import pytest
from sqlmodel import Session

from outreach.domain.errors import LinkRefused
from outreach.domain.views import Signatory
from outreach.services.clean_typing import LineForm
from outreach.services.prove_line import LineProof, prove_line
from outreach.store.database import Database
from tests.factories import NOW, a_launched_campaign, sign, the_link, withdraw

NAMES = ("Alpha", "Beta", "Gamma", "Delta")


def _prove(session: Session, line: str, *, who: str = "Beta", privacy: str = "public") -> LineProof:
    link = the_link(session, who).id
    form = LineForm(credit_line=line)
    return prove_line(session, link_id=link, form=form, privacy=privacy, now=NOW)


def test_only_who_stands_and_is_printed_is_a_neighbour(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *NAMES)
        sign(session, "Alpha")
        sign(session, "Gamma", privacy="counted")
        sign(session, "Delta")
        proof = _prove(session, "Beta")
        alpha, delta = Signatory("Alpha", ""), Signatory("Delta", "")
        assert proof == LineProof(Signatory("Beta", ""), True, before=alpha, after=delta)
        withdraw(session, "Delta")
        assert _prove(session, "Beta").after is None


def test_nobody_is_their_own_neighbour(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *NAMES)
        sign(session, "Beta")
        proof = _prove(session, "Beta Two")
        assert (proof.before, proof.after) == (None, None)


def test_another_campaigns_signatories_are_none_of_theirs(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *NAMES)
        a_launched_campaign(session, "Another", slug="other")
        sign(session, "Another")
        assert _prove(session, "Beta").before is None


def test_a_link_that_leads_nowhere_shows_nobody(database: Database) -> None:
    form = LineForm(credit_line="Beta")
    with database.transaction() as session, pytest.raises(LinkRefused):
        prove_line(session, link_id="x" * 22, form=form, privacy="public", now=NOW)
