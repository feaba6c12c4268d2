"""A campaign's own words: kept, sent in its mails, given up again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotOpen, ChangedMeanwhile, FieldErrors
from outreach.domain.message import MessageKind
from outreach.mail.own_words import MAX_BODY, MAX_SUBJECT
from outreach.services.edit_wording import WordingForm, drop_wording, edit_wording
from outreach.services.launch_campaign import launch_campaign
from outreach.services.steer_campaign import cancel_campaign
from outreach.store import wordings
from outreach.store.database import Database
from outreach.store.desk_tables import Activity, Wording
from tests.factories import DOMAIN, NOW, a_campaign, a_contact, a_launched_campaign, the_messages
from tests.services.test_compose_message import compose, parts

NORA = Actor("Nora Feld")
FORM = WordingForm(
    MessageKind.INVITATION,
    "en",
    "A word to {{ organization }}",
    "Friends at **{{ organization }}**,\r\n\r\nwill you join us before {{ deadline }}?",
)


def _edit(session: Session, form: WordingForm = FORM, slug: str = "visit") -> None:
    edit_wording(session, slug=slug, form=form, by=NORA, now=NOW)


def test_the_mails_have_the_campaigns_words_and_all_that_must_stand_in_them(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        campaign.sender_name = "The Archives Coalition, Genève"
        session.add(campaign)
        _edit(session)
        a_contact(session, campaign)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        mail = compose(session, the_messages(session)[0])
    text, html = parts(mail)
    assert mail["Subject"] == "A word to Hong Kong Watch"
    assert str(mail["From"]).startswith('"The Archives Coalition, Genève" <')
    assert "Friends at **Hong Kong Watch**," in text
    assert "Friends at <strong><bdi>Hong Kong Watch</bdi></strong>," in html
    for part in (text, html):
        assert "We invite" not in part
        assert "/a/" in part
        assert "/u/" in part
        assert "Joint statement on the visit" in part
        assert "Secretary of State Jane Doe" in part
        assert "18 March 2026" in part
        assert "coordinator@coalition.example" in part


def test_another_kind_and_another_campaign_keep_our_words(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)
        _edit(session)
        a_launched_campaign(session, slug="other")
        mail = compose(session, the_messages(session)[0])
    assert mail["Subject"] == "Invitation to sign: Joint statement on the visit"


def test_a_second_saving_takes_the_place_of_the_first(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        _edit(session)
        _edit(session, WordingForm(MessageKind.INVITATION, "en", "Again", "Other words."))
        assert campaign.id is not None
        (kept,) = wordings.list_wordings(session, campaign.id)
    assert (kept.subject, kept.body) == ("Again", "Other words.")


def test_the_words_can_be_given_up_for_ours(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)
        _edit(session)
        facts = {"slug": "visit", "locale": "en", "by": NORA, "now": NOW}
        drop_wording(session, kind=MessageKind.INVITATION, **facts)  # type: ignore[arg-type]
        drop_wording(session, kind=MessageKind.INVITATION, **facts)  # type: ignore[arg-type]
        assert session.exec(select(Wording)).all() == []
        assert len(session.exec(select(Activity)).all()) == 2


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [
        ("", "x", "subject"),
        ("x", " \n", "body"),
        ("x" * (MAX_SUBJECT + 1), "x", "subject"),
        ("x", "x" * (MAX_BODY + 1), "body"),
        ("{{ 'a'*100000000 }}", "x", "subject"),
        ("x", "a\n{% for a in b %}", "body"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(
    database: Database, subject: str, body: str, field: str
) -> None:
    with database.transaction() as session:
        a_campaign(session)
    with pytest.raises(FieldErrors) as refusal, database.transaction() as session:
        _edit(session, WordingForm(MessageKind.INVITATION, "en", subject, body))
    assert list(refusal.value.errors) == [field]
    with database.reading() as session:
        assert session.exec(select(Wording)).all() == []


def test_the_place_of_a_fault_is_named(database: Database) -> None:
    form = WordingForm(MessageKind.INVITATION, "en", "x", "One.\r\nTwo {{ organisation }}")
    with pytest.raises(FieldErrors, match="Line 2, column 5"):
        form.read()


def test_a_campaign_that_is_over_gets_no_new_words(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        cancel_campaign(session, slug="visit")
    with pytest.raises(CampaignNotOpen), database.transaction() as session:
        _edit(session)


def test_words_changed_in_a_running_campaign_count_from_the_next_mail_on(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        before = compose(session, the_messages(session)[0])
        _edit(session)
        after = compose(session, the_messages(session)[0])
    assert before["Subject"] != after["Subject"] == "A word to Hong Kong Watch"


def test_an_old_form_takes_no_newer_words_away(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        number = campaign.id or 0
        facts = {"kind": "invitation", "locale": "en"}
        assert wordings.stamp_of(session, number, **facts) == "none"
        edit_wording(session, slug="visit", form=FORM, was="none", by=NORA, now=NOW)
        stamp = wordings.stamp_of(session, number, **facts)
        edit_wording(session, slug="visit", form=FORM, was="none", by=NORA, now=NOW)  # sent twice
    changed = replace(FORM, subject="Another")
    for was in ("none", "nonsense"):
        with pytest.raises(ChangedMeanwhile), database.transaction() as session:
            edit_wording(session, slug="visit", form=changed, was=was, by=NORA, now=NOW)
        with pytest.raises(ChangedMeanwhile), database.transaction() as session:
            drop_wording(
                session,
                slug="visit",
                kind=MessageKind.INVITATION,
                locale="en",
                was=was,
                by=NORA,
                now=NOW,
            )
    with database.transaction() as session:
        later = NOW + timedelta(seconds=1)
        edit_wording(session, slug="visit", form=changed, was=stamp, by=NORA, now=later)
        assert wordings.stamp_of(session, number, **facts) != stamp
        (own,) = wordings.list_wordings(session, number)
        assert own.subject == "Another"
