"""What a person typed and ticked to sign or to correct, read strictly: every fault at once."""

from dataclasses import dataclass

from outreach.domain.errors import FieldErrors
from outreach.domain.privacy import Privacy
from outreach.services.clean_typing import clean_line, clean_lines, length_errors


@dataclass(frozen=True)
class SignForm:
    """What a person typed, chose and ticked."""

    credit_line: str
    sort_name: str
    signer_name: str
    capacity: str
    authority: bool
    statement_sha256: str
    privacy: str = Privacy.PUBLIC


@dataclass(frozen=True)
class PrintedLine:
    """How an organization's name is printed, where it sorts, and who may see it."""

    credit_line: str
    sort_name: str
    privacy: Privacy


def checked(form: SignForm) -> SignForm:
    """The form with its spaces in order. Raises FieldErrors with all that is missing."""
    form, errors = clean_lines(form, "credit_line", "sort_name", "signer_name", "capacity")
    if not form.signer_name:
        errors["signer_name"] = "Please type the name of the person who signs."
    if not form.capacity:
        errors["capacity"] = "Please say in what capacity, for example: Director."
    if not form.authority:
        errors["authority"] = "Please tick this box: without it we cannot count the signature."
    errors |= _privacy_errors(form.privacy)
    if errors:
        raise FieldErrors(errors)
    return form


def checked_correction(credit_line: str, sort_name: str, *, privacy: str) -> PrintedLine:
    """The line with its spaces in order. Raises FieldErrors."""
    credit_line, sort_name = clean_line(credit_line), clean_line(sort_name)
    errors = length_errors(credit_line=credit_line, sort_name=sort_name) | _privacy_errors(privacy)
    if errors:
        raise FieldErrors(errors)
    return PrintedLine(credit_line, sort_name, Privacy(privacy))


def read_privacy(text: str) -> Privacy:
    """Raises FieldErrors."""
    if errors := _privacy_errors(text):
        raise FieldErrors(errors)
    return Privacy(text)


def _privacy_errors(text: str) -> dict[str, str]:
    known = text in tuple(Privacy)
    return {} if known else {"privacy": "Please choose who may see your name."}
