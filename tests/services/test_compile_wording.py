"""Own words go through the prepared way and the slow way to the same mail."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.message import MessageKind
from outreach.mail.own_words import PLACES, OwnWords
from outreach.mail.prepared import PERSONAL
from outreach.services.compile_wording import compile_wording
from tests.mail.test_prepared import WORDS, _check_same
from tests.mail.test_templates import CONTEXT


def _body(kind: MessageKind) -> str:
    places = "\n\n".join(f"- **{{{{ {name} }}}}** and é {{{{{name}}}}}." for name in PLACES[kind])
    return f"# Words of our own\n\n{places}\n\n[more](https://example.org)"


def _own(kind: MessageKind) -> OwnWords:
    subject = "For {{ organization }} ({{ contact_name }}): {{ title }}"
    return compile_wording(kind, subject=subject, body=_body(kind))


@pytest.mark.parametrize("kind", MessageKind)
def test_a_prepared_mail_with_own_words_reads_as_the_slow_one(kind: MessageKind) -> None:
    _check_same(kind, replace(CONTEXT, own=_own(kind)))


@pytest.mark.parametrize(("kind", "name"), list(product(MessageKind, PERSONAL)))
def test_an_empty_value_is_another_variant(kind: MessageKind, name: str) -> None:
    context = replace(CONTEXT, **{name: ""})  # type: ignore[arg-type]
    _check_same(kind, replace(context, own=_own(kind)))


@settings(deadline=None)
@given(organization=WORDS, contact_name=WORDS, kind=st.sampled_from(MessageKind))
def test_whatever_a_person_is_called(
    organization: str, contact_name: str, kind: MessageKind
) -> None:
    named = replace(CONTEXT, organization=organization or "x", contact_name=contact_name)
    _check_same(kind, replace(named, own=_own(kind)))


def test_the_same_words_are_compiled_once() -> None:
    kind = MessageKind.REMINDER
    one = compile_wording(kind, subject="a", body="b")
    assert compile_wording(kind, subject="a", body="b") is one
