"""A mail as it would arrive, with samples for links; nothing is written."""

import shutil
from pathlib import Path

import pytest

from outreach.domain.message import MessageKind
from outreach.links import LinkSigner
from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.services.compose_message import MessageComposer
from outreach.services.preview_wording import (
    KindUnknown,
    SampleLinks,
    find_kind,
    list_readers,
    preview_wording,
    read_in,
    sample_mail,
)
from outreach.store.database import Database
from outreach.store.wordings import OwnWording
from tests.factories import NOW, a_campaign, a_contact
from tests.sending import PUBLIC_URL


def _composer(templates: Path) -> MessageComposer:
    return MessageComposer(
        MailTemplates(templates),
        SampleLinks(),
        sender="The Coalition <sign@coalition.example>",
        public_url=PUBLIC_URL,
    )


COMPOSER = _composer(email_template_folder())


@pytest.mark.parametrize("kind", MessageKind)
def test_every_mail_can_be_seen_before_there_are_partners(
    database: Database, kind: MessageKind
) -> None:
    with database.transaction() as session:
        a_campaign(session)
        sample = sample_mail(session, slug="visit", kind=kind, now=NOW)
    mail = preview_wording(COMPOSER, sample, locale="en", now=NOW)
    assert "Example Organization" in mail.text
    assert f"{PUBLIC_URL}/u/sample" in mail.text
    if kind is not MessageKind.CLOSING_NOTICE:
        assert f"{PUBLIC_URL}/a/sample" in mail.html


def test_it_is_shown_as_the_chosen_contact_gets_it_with_the_words_just_typed(
    database: Database,
) -> None:
    typed = OwnWording("invitation", "en", "For {{ organization }}", "Hello **{{ contact_name }}**")
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign)
        second = a_contact(session, campaign, organization="Tibet House", zone="Asia/Taipei")
        readers = list_readers(session, slug="visit")
        sample = sample_mail(
            session,
            slug="visit",
            kind=MessageKind.INVITATION,
            contact_id=second.id,
            typed=typed,
            now=NOW,
        )
    mail = preview_wording(COMPOSER, sample, locale="en", now=NOW)
    assert [one.name for one, _ in readers] == ["Hong Kong Watch", "Tibet House"]
    assert mail.subject == "For Tibet House"
    assert "<strong><bdi>Ada Example</bdi></strong>" in mail.html
    assert "Taipei" in mail.text or "Taiwan" in mail.text


@pytest.mark.parametrize(
    ("language", "locale", "shown"),
    [("en", "de", "de"), ("zh-Hant", "fr", "fr"), ("de-AT", "de", "de-AT"), ("xx", "en", "xx")],
)
def test_the_words_of_a_language_are_seen_whatever_the_sample_reader_reads(
    database: Database, tmp_path: Path, language: str, locale: str, shown: str
) -> None:
    for name in ("_layout", "en", "de", "fr"):
        source = "_layout" if name == "_layout" else "en"
        shutil.copytree(email_template_folder() / source, tmp_path / name)
    composer = _composer(tmp_path)
    typed = OwnWording("invitation", locale, "Own subject", "Own words.")
    with database.transaction() as session:
        a_contact(session, a_campaign(session), language=language)
        sample = sample_mail(
            session, slug="visit", kind=MessageKind.INVITATION, typed=typed, now=NOW
        )
    assert read_in(sample, locale, composer).language == shown
    mail = preview_wording(composer, sample, locale=locale, now=NOW)
    assert mail.subject == "Own subject"
    assert f'lang="{locale}"' in mail.html


def test_a_sample_link_is_none_that_a_signer_would_take() -> None:
    token = SampleLinks().token("an id", purpose="answer")
    with pytest.raises(Exception, match="does not work"):
        LinkSigner(["k" * 40]).read(token, purpose="answer")


def test_a_mail_that_there_is_not_is_refused() -> None:
    with pytest.raises(KindUnknown):
        find_kind("digest")
