"""The peers' letter is Outreach's own mail with marks where it is personal."""

from email.message import EmailMessage
from email.utils import parseaddr

from benchmarks.mail import Letter, fill, personal, write_mail
from benchmarks.outbox import Person

_PERSON = Person(1)
_LINK, _UNSUBSCRIBE = "https://sign.example.org/a/abc.D-e_f", "https://sign.example.org/u/ghi.J"


def a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["To"] = f'"{_PERSON.name}" <{_PERSON.address}>'
    mail["Subject"] = "Invitation to sign"
    mail["List-Unsubscribe"] = f"<{_UNSUBSCRIBE}>"
    words = f"Dear {_PERSON.name}, {_PERSON.organization}, {_PERSON.address}:\n{_LINK}\n"
    mail.set_content(words)
    mail.add_alternative(f"<p>{words}<a href='{_UNSUBSCRIBE}'>no</a></p>", subtype="html")
    return mail


def test_what_is_personal_becomes_a_mark() -> None:
    letter = Letter.from_mail(a_mail(), size=700)
    assert letter.text == "Dear @name@, @organization@, @address@:\n@link@\n"
    assert "href='@unsubscribe@'" in letter.html


def test_a_peers_mail_is_as_personal_as_ours() -> None:
    letter = Letter.from_mail(a_mail(), size=700)
    mail = write_mail(letter, 7)
    assert parseaddr(str(mail["To"])) == (Person(7).name, Person(7).address)
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content() == fill(letter.text, personal(7))
    assert "@" not in text.get_content().replace(Person(7).address, "")


def test_a_letter_is_padded_to_the_byte_and_never_cut() -> None:
    letter = Letter("s", "text\n", "<p>html</p>", 100)
    assert len(letter.padded(200).text) == len(letter.text) + 1 + 200
    assert letter.padded(-50) == letter
