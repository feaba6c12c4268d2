"""What the mails say, kind by kind."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from outreach.domain.message import MessageKind
from outreach.domain.recorded_consent import Channel
from outreach.mail.templates import MailContext, MailTemplates, RenderedMail, email_template_folder

TEMPLATES = MailTemplates(email_template_folder())
CONTEXT = MailContext(
    title="Joint statement before the visit",
    addressee="the Secretary of State",
    occasion="Visit to Beijing",
    occasion_day="24 April 2026",
    asks=("Release all political prisoners & their families.", "Speak in public."),
    deadline="Wednesday, 22 April 2026, 23:00 (Taipei Time) = 17:00 (Central European Summer Time)",
    reminder_left="3 days",
    organization='Rights & "Freedom" <Berlin> e.V.',
    contact_name="Jörg Müller",
    contact_email="joerg@rights.example",
    coordinator="anna@coalition.example",
    link="https://sign.coalition.example/a/token",
    unsubscribe_link="https://sign.coalition.example/u/token",
    statement_text="We write before your visit.\n\nRelease them.",
    statement_html=Markup("<p>We write <em>before</em> your visit.</p><p>Release them.</p>"),
    statement_sha256="ab" * 32,
    credit_line="Rights and Freedom Berlin",
    url="https://rights.example/de",
    signer_name="Jörg Müller",
    capacity="Chair",
    answered_at="Sunday, 19 April 2026, 10:12 (Central European Summer Time)",
    decides_on="21 April 2026",
    passed_by="Maria Schmidt",
    channel="phone",
    public_url="https://sign.coalition.example/s/visit",
    signatory_count=25,
    takes_answers=True,
    language="de",
    locale="en",
    direction="ltr",
)
LINKED = (MessageKind.INVITATION, MessageKind.REMINDER)
COPIED = tuple(kind for kind in MessageKind if kind not in LINKED)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.targets: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        self.targets.extend(value or "" for name, value in attrs if name in ("href", "src"))

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)


def render(kind: MessageKind, **changes: object) -> RenderedMail:
    context = replace(CONTEXT, **changes)  # type: ignore[arg-type]
    return TEMPLATES.render(kind, locale="en", context=context)


def read(html: str) -> tuple[str, list[str]]:
    """The visible words of an HTML part, and where its links lead."""
    parser = _Words()
    parser.feed(html)
    return " ".join(" ".join(parser.words).split()), parser.targets


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_names_title_organization_contact_and_coordinator(kind: MessageKind) -> None:
    mail = render(kind)
    words, _ = read(mail.html)
    assert CONTEXT.title in mail.subject
    for part in (mail.text, words):
        for fact in (
            CONTEXT.title,
            CONTEXT.organization,
            CONTEXT.contact_email,
            CONTEXT.coordinator,
        ):
            assert fact in part


@pytest.mark.parametrize("kind", MessageKind)
def test_the_text_part_is_tidy(kind: MessageKind) -> None:
    for text in (render(kind).text, render(kind, contact_name="", asks=()).text):
        assert "\n\n\n\n" not in text
        assert not text.startswith("\n")
        assert text.endswith("\n")
        assert "&" in text
        assert "&amp;" not in text
        assert "{" not in text


@pytest.mark.parametrize("kind", MessageKind)
def test_nothing_in_the_html_part_is_fetched_from_elsewhere(kind: MessageKind) -> None:
    html = render(kind).html
    for forbidden in ("<img", "<link", "<script", "@import", "url(", "src="):
        assert forbidden not in html


@pytest.mark.parametrize("kind", MessageKind)
def test_what_people_typed_is_escaped_in_html_only(kind: MessageKind) -> None:
    mail = render(kind, organization="<b>Evil</b>", credit_line="<b>x</b>", title="<b>t</b>")
    assert "<b>" not in mail.html
    assert "<b>Evil</b>" in mail.text


@pytest.mark.parametrize("kind", MessageKind)
def test_the_html_part_says_its_language_and_direction_and_knows_the_dark(
    kind: MessageKind,
) -> None:
    html = render(kind, direction="rtl").html
    assert '<html lang="en" dir="rtl">' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    assert 'class="text break" style="' in html


@pytest.mark.parametrize("kind", MessageKind)
def test_a_client_that_drops_styles_never_keeps_a_ground_without_its_letters(
    kind: MessageKind,
) -> None:
    assert "bgcolor" not in render(kind).html


@pytest.mark.parametrize("kind", MessageKind)
def test_what_was_inlined_is_not_sent_twice(kind: MessageKind) -> None:
    html = render(kind).html
    (kept,) = re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", kept)
    assert not outside.strip()


def test_the_button_carries_its_ground_and_its_letters_inline() -> None:
    html = render(MessageKind.INVITATION).html
    button = html[html.index('<td class="pressed"') : html.index("Read and answer</a>")]
    assert "background-color:#0b5a8f" in button
    assert "color:#ffffff" in button
    assert "mso-padding-alt" in button


@pytest.mark.parametrize("kind", MessageKind)
def test_without_a_name_the_greeting_still_is_one(kind: MessageKind) -> None:
    mail = render(kind, contact_name="")
    assert mail.text.startswith("Dear colleague,\n\n")
    assert "Dear colleague," in read(mail.html)[0]
    assert render(kind).text.startswith("Dear Jörg Müller,\n\n")


@pytest.mark.parametrize("kind", MessageKind)
def test_the_way_out_stands_in_both_parts_where_there_is_one(kind: MessageKind) -> None:
    mail = render(kind)
    assert CONTEXT.unsubscribe_link in mail.text
    assert CONTEXT.unsubscribe_link in read(mail.html)[1]
    without = render(kind, unsubscribe_link="")
    assert "No more e-mail" not in without.text + without.html


@pytest.mark.parametrize("kind", LINKED)
def test_a_mail_that_asks_has_button_visible_link_and_deadline(kind: MessageKind) -> None:
    mail = render(kind)
    words, targets = read(mail.html)
    assert targets.count(CONTEXT.link) == 2
    assert f"\n{CONTEXT.link}\n" in mail.text
    for part in (mail.text, words):
        assert CONTEXT.link in part
        assert CONTEXT.deadline in part
        assert "commits you to nothing" in part
        assert "only to colleagues who may answer for it" in part


def test_an_invitation_lists_what_the_statement_asks_for() -> None:
    mail = render(MessageKind.INVITATION)
    words, _ = read(mail.html)
    for part in (mail.text, words):
        for fact in (*CONTEXT.asks, CONTEXT.addressee, CONTEXT.occasion, CONTEXT.occasion_day):
            assert fact in part
    assert "asks for" not in render(MessageKind.INVITATION, asks=()).text


def test_a_reminder_says_how_long_is_left_under_the_subject_of_its_invitation() -> None:
    mail = render(MessageKind.REMINDER)
    assert mail.subject == f"Reminder: {render(MessageKind.INVITATION).subject}"
    assert "Time left: 3 days" in mail.text
    assert "3 days" in read(mail.html)[0]


def test_a_receipt_carries_all_that_was_signed() -> None:
    mail = render(MessageKind.RECEIPT)
    words, _ = read(mail.html)
    for part in (mail.text, words):
        for fact in (
            CONTEXT.credit_line,
            CONTEXT.signer_name,
            CONTEXT.capacity,
            CONTEXT.answered_at,
            CONTEXT.statement_sha256,
            "Release them.",
            CONTEXT.link,
            "withdraw",
        ):
            assert fact in part
    assert CONTEXT.statement_text in mail.text
    assert "before</em> your visit" in mail.html


def test_a_receipt_of_a_recorded_consent_tells_what_who_how_and_when_and_how_to_undo_it() -> None:
    mail = render(MessageKind.RECORDED_RECEIPT)
    assert mail.subject.startswith("We recorded your consent")
    for part in (mail.text, read(mail.html)[0]):
        for fact in (
            CONTEXT.credit_line,
            CONTEXT.signer_name,
            CONTEXT.capacity,
            "by telephone",
            CONTEXT.answered_at,
            CONTEXT.statement_sha256,
            "Undo it here",
            "withdraw takes one tick",
            CONTEXT.link,
        ):
            assert fact in part


@pytest.mark.parametrize("channel", Channel)
def test_every_way_that_a_consent_may_come_has_its_words(channel: Channel) -> None:
    mail = render(MessageKind.RECORDED_RECEIPT, channel=channel.value)
    assert re.search(r"^How: (by|in) [a-z-]+$", mail.text, re.MULTILINE)
    assert re.search(r"How (by|in) [a-z-]+ When", read(mail.html)[0])


def test_a_decline_is_noted_and_leaves_the_door_open_until_the_deadline() -> None:
    mail = render(MessageKind.DECLINE_RECEIPT)
    assert "no more reminders" in mail.text
    assert CONTEXT.deadline in mail.text
    assert CONTEXT.link in mail.text


@pytest.mark.parametrize("kind", [MessageKind.DECLINE_RECEIPT, MessageKind.WITHDRAWAL_RECEIPT])
def test_where_no_answer_is_taken_any_more_no_receipt_promises_another(kind: MessageKind) -> None:
    mail = render(kind, takes_answers=False)
    for part in (mail.text, read(mail.html)[0]):
        assert "If you decide to sign" not in part
        assert CONTEXT.deadline not in part
        assert CONTEXT.link not in part
    assert CONTEXT.deadline in render(kind).text


def test_a_withdrawal_says_that_the_name_is_off_the_list() -> None:
    assert "off the list" in render(MessageKind.WITHDRAWAL_RECEIPT).text


def test_a_closing_notice_counts_and_shows_the_line_and_the_place() -> None:
    mail = render(MessageKind.CLOSING_NOTICE)
    words, targets = read(mail.html)
    for part in (mail.text, words):
        assert "25 organizations have signed" in part
        assert CONTEXT.credit_line in part
    assert CONTEXT.public_url in targets
    assert CONTEXT.public_url in mail.text
    assert (
        "One organization has signed" in render(MessageKind.CLOSING_NOTICE, signatory_count=1).text
    )


@pytest.mark.parametrize("kind", COPIED)
def test_a_copied_contact_reads_no_sentence_about_a_link(kind: MessageKind) -> None:
    mail = render(kind, link="", unsubscribe_link="")
    words, targets = read(mail.html)
    for part in (mail.text, words):
        assert "link" not in part.lower()
        assert "/a/" not in part
    assert "" not in targets


def test_a_subject_is_one_line_whatever_the_title_holds() -> None:
    assert render(MessageKind.INVITATION, title="A\r\nBcc: x\u2028y").subject == (
        "Invitation to sign: A Bcc: x y"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("_layout", "en", "de", "zh-TW"):
        (tmp_path / name / "invitation").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("de_AT", "de"),
        ("DE", "de"),
        ("zh-tw", "zh-TW"),
        ("zh", "en"),
        ("zh-TW-x-old", "zh-TW"),
        ("fr", "en"),
        ("", "en"),
        ("_layout", "en"),
        ("../de", "en"),
    ],
)
def test_a_language_finds_the_nearest_wording(folder: Path, language: str, locale: str) -> None:
    assert MailTemplates(folder).choose_locale(language) == locale


def test_locales_are_the_folders_without_an_underscore(folder: Path) -> None:
    assert MailTemplates(folder).locales() == ("de", "en", "zh-TW")


def test_a_misspelled_name_in_a_template_is_an_error_not_a_blank(folder: Path) -> None:
    for name in ("subject.txt", "body.txt", "body.html"):
        (folder / "de" / "invitation" / name).write_text("{{ organisation }}")
    with pytest.raises(UndefinedError, match="organisation"):
        MailTemplates(folder).render(MessageKind.INVITATION, locale="de", context=CONTEXT)
