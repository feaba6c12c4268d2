"""What a person may type into the form: every fault at once, and names without tricks."""

from typing import Any

import pytest
from sqlmodel import Session

from outreach.domain.errors import FieldErrors
from outreach.services import answer_invitation
from outreach.services.clean_typing import LineForm
from outreach.store.database import Database
from tests.factories import DOMAIN, NOW, a_launched_campaign, sign, the_link, the_signatures

NAME = "Hong Kong Watch"


def _stored(session: Session) -> list[str]:
    session.expire_all()
    return [signature.credit_line for signature in the_signatures(session)]


def _sign_with(session: Session, field: str, value: str) -> None:
    form: dict[str, Any] = {field: value}
    sign(session, NAME, **form)


def test_every_fault_of_a_form_is_named_at_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        empty: dict[str, Any] = {
            "credit_line": " ",
            "signer_name": "",
            "capacity": "\t\n",
            "authority": False,
        }
        with pytest.raises(FieldErrors) as refusal:
            sign(session, NAME, **empty)
        assert set(refusal.value.errors) == {"credit_line", "signer_name", "capacity", "authority"}
        assert all(words.startswith("Please ") for words in refusal.value.errors.values())
        assert _stored(session) == []


@pytest.mark.parametrize("field", ["credit_line", "sort_name", "signer_name", "capacity"])
def test_a_line_has_200_characters_at_most(database: Database, field: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        with pytest.raises(FieldErrors) as refusal:
            _sign_with(session, field, "x" * 201)
        assert refusal.value.errors == {field: "Please shorten this to 200 characters."}
        _sign_with(session, field, f"  {'x' * 200}  ")


@pytest.mark.parametrize(
    "invisible", ["\u200b", "\u202e\u2066", "\ufeff", "\u00a0", "\x00", "\u0301"]
)
@pytest.mark.parametrize("field", ["credit_line", "signer_name", "capacity"])
def test_what_nobody_can_see_is_no_name(database: Database, field: str, invisible: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        with pytest.raises(FieldErrors) as refusal:
            _sign_with(session, field, f" {invisible} ")
        assert list(refusal.value.errors) == [field]


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("  Hong \t Kong\r\nWatch ", "Hong Kong Watch"),
        ("Le Comite\u0301", "Le Comité"),
        ("Watch\u202egnoK gnoH", "WatchgnoK gnoH"),
        ("a\x00b\ud800c", "a b c"),
        ("مركز\u200f الأرشيف", "مركز\u200f الأرشيف"),
        ("<b>&amp;</b> {{ 7*7 }}", "<b>&amp;</b> {{ 7*7 }}"),
        ("🏳️‍🌈 Pride", "🏳️‍🌈 Pride"),
    ],
)
def test_a_name_is_kept_as_typed_but_on_one_line_and_without_tricks(
    database: Database, typed: str, printed: str
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, credit_line=typed)
        session.expire_all()
        assert the_signatures(session)[0].credit_line == printed


def test_a_correction_to_nothing_is_refused(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        with pytest.raises(FieldErrors) as refusal:
            answer_invitation.correct(
                session,
                link_id=the_link(session, NAME).id,
                form=LineForm(credit_line="", sort_name="x" * 201),
                mail_domain=DOMAIN,
                now=NOW,
            )
        assert set(refusal.value.errors) == {"credit_line", "sort_name"}
        assert _stored(session) == [NAME]
