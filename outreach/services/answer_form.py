"""What a person typed and ticked to sign or to correct, read strictly: every fault at once."""

from dataclasses import dataclass

from outreach.domain.credit_line import CreditLine
from outreach.domain.errors import FieldErrors
from outreach.domain.privacy import Privacy
from outreach.services.clean_typing import LineForm, clean_lines


@dataclass(frozen=True, kw_only=True)
class SignForm(LineForm):
    """What a person typed, chose and ticked."""

    signer_name: str
    capacity: str
    authority: bool
    statement_sha256: str
    privacy: str = Privacy.PUBLIC


@dataclass(frozen=True)
class PrintedLine:
    """How an organization is printed, and who may see it."""

    line: CreditLine
    privacy: Privacy


def checked(form: SignForm) -> SignForm:
    """The form with its spaces in order. Raises FieldErrors with all that is missing."""
    form, errors = clean_lines(form, "signer_name", "capacity")
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


def checked_line(form: LineForm, *, privacy: str) -> PrintedLine:
    """The line with its spaces in order. Raises FieldErrors."""
    form, errors = clean_lines(form)
    errors |= _privacy_errors(privacy)
    if errors:
        raise FieldErrors(errors)
    return PrintedLine(form.line, Privacy(privacy))


def read_privacy(text: str) -> Privacy:
    """Raises FieldErrors."""
    if errors := _privacy_errors(text):
        raise FieldErrors(errors)
    return Privacy(text)


def _privacy_errors(text: str) -> dict[str, str]:
    known = text in tuple(Privacy)
    return {} if known else {"privacy": "Please choose who may see your name."}
