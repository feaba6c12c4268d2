"""No text ends its own mail early: what a server receives is one message, the one that was written.

Servers differ in what ends a body: some take a bare LF or CR for the end of a line. So the bytes of
the wire are counted as the most lenient of them would.
"""

import re

import pytest
from sqlmodel import Session, select

from outreach.domain.message import MessageKind
from outreach.mail.data import stuffed
from outreach.store.database import Database
from outreach.store.tables import Answer, Campaign, Contact, Organization, StatementVersion
from tests.factories import NOW, a_launched_campaign, sign
from tests.mail.outgoing import an_outgoing
from tests.mail.wire import RememberedMails, listening, lone_dots, overhear, receive
from tests.sending import a_composer, a_delivery, states
from tests.smtp_server import running_smtp_server

# All but CRLF, dot, CRLF have ended a body for some server; that one does for all.
ENDS = ("\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\n", "\r.\n", "\n.\r",
        "\n\r.\r\n", "\0\n.\n", "\n.\0\n", "\r\n\0.\r\n", "\u2028.\u2028", "\x85.\x85", "\v.\f",
        "=0A.=0A", "=\r\n.\r\n", " \r\n.\r\n")  # fmt: skip
_MORE = (
    "MAIL FROM:<evil@example.org>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nSubject: x\r\n\r\nbody"
)
TEXTS = [f"x{end}{_MORE}{end}" for end in ENDS]
STARTS = [
    ".\r\nx",
    ".\nx",
    ".\rx",
    ".",
    "..",
    ".\r\n.\r\n",
    "\n.",
    "x\r\n.",
    "\r",
    "\n",
    "\r\n",
    "x\n\r",
]
FIELDS = ("organization", "contact_name", "credit_line", "signer_name", "capacity",
          "title", "addressee", "occasion", "asks", "body")  # fmt: skip
HEAD = b"Subject: direct\r\n\r\n"
# With and without a head: nothing is known here of who wrote them.
BODIES = [head + text.encode() for head in (HEAD, b"") for text in (*TEXTS, *STARTS)]


def unstuffed(raw: bytes) -> bytes:
    """As RFC 5321 4.5.2 has a server do it."""
    assert raw.endswith(b"\r\n.\r\n")
    return re.sub(rb"(\A|\r\n)\.", rb"\1", raw.removesuffix(b".\r\n"))


def in_whole_lines(body: bytes) -> bytes:
    """As a body must arrive: its lines end with CRLF, the last one too."""
    lines = re.split(rb"\r\n|\r|\n", body)
    return b"\r\n".join(lines if lines[-1] == b"" else [*lines, b""])


@pytest.mark.parametrize("kind", MessageKind)
def test_no_text_brings_a_bare_break_a_nul_or_a_lone_dot_into_a_mail(kind: MessageKind) -> None:
    """Past every check: as if the database held them."""
    composer = a_composer()
    for field in FIELDS:
        for text in (*TEXTS, *STARTS):
            body = composer.compose(an_outgoing(kind, **{field: text}), now=NOW).body
            assert body == in_whole_lines(body)
            assert b"\0" not in body
            assert lone_dots(stuffed(body)) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_hostile_rows_arrive_as_one_mail_each_byte_for_byte(database: Database) -> None:
    _launch_hostile_campaigns(database)
    written = RememberedMails()
    with running_smtp_server() as server:
        a_delivery(database, server, composer=written).deliver_due()
    assert sorted(mail.raw for mail in server.received) == sorted(written.bodies)
    assert len(written.bodies) == 2 * len(TEXTS)
    assert {len(mail.recipients) for mail in server.received} == {1}
    assert "victim@example.org" not in server.recipients


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_hostile_rows_are_one_mail_each_to_the_most_lenient_server(database: Database) -> None:
    _launch_hostile_campaigns(database)
    written = RememberedMails()
    with listening() as (listener, server):
        a_delivery(database, server, composer=written).deliver_due()
    assert sorted(map(unstuffed, listener.bodies)) == sorted(written.bodies)
    assert {lone_dots(raw) for raw in listener.bodies} == {1}


def _launch_hostile_campaigns(database: Database) -> None:
    """Each end in every text of a campaign, its partners and its answer, past every check."""
    with database.transaction() as session:
        for number, text in enumerate(TEXTS):
            signing = f"Signing {number}"
            a_launched_campaign(session, f"Asked {number}", signing, slug=f"visit-{number}")
            sign(session, signing)
            _poison(session, text, mark=str(number))
    assert states(database).count("queued") == 2 * len(TEXTS)  # an invitation and a receipt


def _poison(session: Session, text: str, *, mark: str) -> None:
    """Whatever is not poisoned yet. The mark keeps what must be unique apart."""
    for table, names in _TYPED.items():
        for row in session.exec(select(table)):
            if "victim" not in str(getattr(row, names[0])):
                for name in names:
                    setattr(row, name, text + mark)
                session.add(row)
    session.flush()


_TYPED: dict[
    type[Organization | Contact | Campaign | StatementVersion | Answer], tuple[str, ...]
] = {
    Organization: ("name",),
    Contact: ("name",),
    Campaign: ("title", "addressee", "occasion"),
    StatementVersion: ("body", "asks"),
    Answer: ("credit_line", "signer_name", "capacity"),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_body_given_as_it_is_arrives_as_one_message_in_whole_lines(database: Database) -> None:
    received = receive(database, BODIES)
    assert [mail.raw for mail in received] == [in_whole_lines(body) for body in BODIES]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_body_given_as_it_is_is_one_mail_to_the_most_lenient_server(database: Database) -> None:
    overheard = overhear(database, BODIES)
    assert sorted(map(unstuffed, overheard)) == sorted(map(in_whole_lines, BODIES))
    assert {lone_dots(raw) for raw in overheard} == {1}
