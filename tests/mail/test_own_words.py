"""Places are filled in and nothing is computed; all else is refused where it stands."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.message import MessageKind
from outreach.mail.own_words import PLACES, OwnWords, PlaceRefused
from outreach.services.compile_wording import compile_wording

VALUES = {name: f"<{name}>" for kind in PLACES.values() for name in kind if name != "time_left"} | {
    "reminder_left": "3 days"
}


def _compiled(
    body: str, *, subject: str = "x", kind: MessageKind = MessageKind.INVITATION
) -> OwnWords:
    return compile_wording(kind, subject=subject, body=body)


def test_a_place_is_filled_with_its_value_escaped_in_html_and_plain_elsewhere() -> None:
    own = _compiled("Dear **{{ organization }}**,", subject="For {{organization}}")
    assert own.fill_subject(VALUES) == "For <organization>"
    assert own.fill_text(VALUES) == "Dear **<organization>**,\n"
    html = own.fill_html(VALUES)
    assert html == "<p>Dear <strong><bdi>&lt;organization&gt;</bdi></strong>,</p>\n"


def test_a_value_that_looks_like_markdown_or_a_place_stays_what_it_is() -> None:
    own = _compiled("Dear {{ organization }}")
    odd = VALUES | {"organization": "**x** {{ title }} [a](http://b)"}
    assert "<bdi>**x** {{ title }} [a](http://b)</bdi>" in own.fill_html(odd)
    assert own.fill_text(odd) == "Dear **x** {{ title }} [a](http://b)\n"


def test_who_has_no_name_is_addressed_by_the_organization() -> None:
    own = _compiled("Dear {{ contact_name }}")
    assert own.fill_text(VALUES | {"contact_name": ""}) == "Dear <organization>\n"


@pytest.mark.parametrize("kind", MessageKind)
def test_every_place_of_a_kind_can_be_filled(kind: MessageKind) -> None:
    body = " ".join(f"{{{{ {name} }}}}" for name in PLACES[kind])
    own = _compiled(body, kind=kind)
    assert "{{" not in own.fill_text(VALUES)
    assert len(own.html) == 2 * len(PLACES[kind]) + 1


PAYLOADS = [
    "{{ 'a'*100000000 }}",
    "{{ organization * 100000000 }}",
    "{% for a in range(10000000) %}{% for b in range(10000000) %}x{% endfor %}{% endfor %}",
    "{{ organization.__class__.__mro__[1].__subclasses__() }}",
    "{{ organization|attr('__class__') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ ''.join(['a']*9999999) }}",
    "{{ lipsum(n=100000) }}",
    "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "{% set x = 'a' * 99999999 %}",
    "{% include '/etc/passwd' %}",
    "{# a comment #}",
    "{{",
    "}}",
    "{{ }}",
    "{{{{ organization }}}}",
    "{{ organization",
    "{{\norganization }}",
    "{{ organization; title }}",
    "{{-organization-}}",
    "{{ _organization }}",
    "{{" * 5000,
    "{%" * 5000,
    "\x00",
    "\ue0021\ue003",
    "\ue000\ue001",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("part", ["subject", "body"])
def test_whatever_is_no_place_is_refused_at_its_line_and_column_at_once(
    payload: str, part: str
) -> None:
    typed = payload if part == "subject" else f"First line.\n\nAnd {payload}"
    began = time.process_time()
    with pytest.raises(PlaceRefused) as refusal:
        compile_wording(
            MessageKind.INVITATION,
            subject=typed if part == "subject" else "x",
            body=typed if part == "body" else "x",
        )
    assert time.process_time() - began < 0.1
    assert refusal.value.part == part
    assert (refusal.value.line, refusal.value.column) == ((1, 1) if part == "subject" else (3, 5))


def test_a_name_that_is_nearly_right_is_pointed_out() -> None:
    with pytest.raises(PlaceRefused, match="Did you mean organization"):
        _compiled("{{ organisation }}")


def test_a_place_of_another_mail_is_none_of_this_one() -> None:
    with pytest.raises(PlaceRefused, match="is no place of this mail"):
        _compiled("{{ credit_line }}")
    own = _compiled("{{ credit_line }}", kind=MessageKind.RECEIPT)
    assert own.fill_text(VALUES) == "<credit_line>\n"


@pytest.mark.parametrize(
    "body",
    [
        "[words](https://example.org/{{ title }})",
        '[words](https://example.org "see > {{ title }}")',
        "<https://example.org/{{ title }}>",
        "[words]: https://example.org/{{ title }}",
        "[{{ title }}]: https://example.org",
        "a {{ title }} [w](https://example.org/{{ title }})",
    ],
)
def test_no_place_stands_within_a_links_address(body: str) -> None:
    with pytest.raises(PlaceRefused, match="link's address or title"):
        _compiled(body)


def test_a_link_may_have_a_place_as_its_words() -> None:
    html = _compiled("[{{ title }}](https://example.org)").fill_html(VALUES)
    assert '<a href="https://example.org"' in html
    assert "><bdi>&lt;title&gt;</bdi></a>" in html


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "![x](https://example.org/pixel.png)",
        '<b style="display:none">{{ title }}</b>',
        "<!-- {{ title }} -->",
    ],
)
def test_markup_of_ones_own_is_shown_as_it_was_typed(body: str) -> None:
    html = _compiled(body).fill_html(VALUES)
    for live in ("<script", "<img", 'href="javascript', "<b ", "<!--"):
        assert live not in html


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_it(typed: str) -> None:
    try:
        own = _compiled(typed)
    except PlaceRefused as refused:
        place = (refused.line, refused.column)
    else:
        place = (1, 1)
        assert own.fill_text(VALUES).strip("\n") == typed.strip("\n")
    assert min(place) >= 1


@pytest.mark.parametrize("unit", ["[", "![", "*a ", "_a_*", "[a](", "> ", "`a", "<a", "|a\n", "- "])
def test_ten_thousand_characters_of_anything_take_no_second(unit: str) -> None:
    began = time.process_time()
    _compiled((unit * 10_000)[:10_000])
    assert time.process_time() - began < 2
