"""House rule: every kind of mail is written in every locale, and those that ask carry the link."""

from dataclasses import fields
from typing import Any

import pytest
from markupsafe import Markup

from outreach.domain.message import ASKING_KINDS, MessageKind
from outreach.domain.notice import NoticeKind
from outreach.mail.templates import MailContext, MailTemplates, email_template_folder

FOLDER = email_template_folder()
TEMPLATES = MailTemplates(FOLDER)
LOCALES = TEMPLATES.locales()
PARTS = {"subject.txt", "body.txt", "body.html"}
LINK = "https://sign.example.org/a/the-personal-link"


def a_context(locale: str) -> MailContext:
    values: dict[str, Any] = {item.name: f"[{item.name}]" for item in fields(MailContext)}
    values |= {"asks": ("[ask]",), "signatory_count": 2, "statement_html": Markup("<p>text</p>")}
    values |= {"takes_answers": True, "own": None, "discreet": False}
    return MailContext(**values | {"locale": locale, "direction": "ltr", "link": LINK})


def test_english_is_always_there() -> None:
    assert "en" in LOCALES


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_has_its_three_parts_and_no_stray_kind_exists(locale: str) -> None:
    kinds = {entry.name for entry in (FOLDER / locale).iterdir() if entry.is_dir()}
    assert kinds == {kind.value for kind in (*MessageKind, *NoticeKind)} | {"_discreet"}
    for kind in kinds:
        assert {entry.name for entry in (FOLDER / locale / kind).iterdir()} == PARTS


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_renders_from_the_context_alone(locale: str, kind: MessageKind) -> None:
    mail = TEMPLATES.render(kind, locale=locale, context=a_context(locale))
    assert mail.subject
    assert mail.text.strip()
    assert "</html>" in mail.html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(ASKING_KINDS))
def test_a_mail_that_asks_carries_the_link_in_both_parts(locale: str, kind: MessageKind) -> None:
    mail = TEMPLATES.render(kind, locale=locale, context=a_context(locale))
    assert LINK in mail.text
    assert f'href="{LINK}"' in mail.html
    assert f">{LINK}<" in mail.html
