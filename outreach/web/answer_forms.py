"""The forms of the answer page as they arrive, and as they are shown again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import ClassVar, Final

from pydantic import BaseModel

from outreach.domain.credit_line import CreditLine
from outreach.domain.errors import FieldErrors
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.privacy import Privacy
from outreach.domain.views import AnswerPage
from outreach.services.answer_form import SignForm
from outreach.services.clean_typing import LineForm
from outreach.services.prove_line import LineProof

UNCHANGED: Final = "unchanged"
_LINE: Final = ("credit_line", "acronym", "country", "url", "sort_name")
KEPT: Final = "kept"

# The words that may come back in the address after an answer, each with the states in which it
# is true. An address can be kept, and sent to others: a word that does not fit is not repeated.
_DONE: Final = MappingProxyType(
    {
        "signed": frozenset({InvitationState.SIGNED}),
        "corrected": frozenset({InvitationState.SIGNED}),
        "protected": frozenset({InvitationState.SIGNED}),
        UNCHANGED: frozenset({InvitationState.SIGNED}),
        "passed": UNANSWERED_STATES,
        "withdrawn": frozenset({InvitationState.WITHDRAWN}),
        "declined": frozenset({InvitationState.DECLINED}),
        "deferred": frozenset({InvitationState.DEFERRED}),
    }
)


class NothingToCorrect(Exception):
    """The correction says what stands already: pressing the button alone sends no new receipt."""


class SeenFields(BaseModel):
    form_token: str = ""


class AnswerFields(BaseModel):
    """What every form of the page brings with it.

    ``form`` is its name in the template, ``done`` the word for what it did.
    """

    form: ClassVar[str]
    done: ClassVar[str]
    form_token: str = ""

    def require_sure(self) -> None:
        """Raises FieldErrors where the answer needs a tick and has none."""

    def as_typed(self) -> "Sheet":
        return Sheet(self.form, self.model_dump(exclude={"form_token", "statement_sha256"}))


class SureFields(AnswerFields):
    """Scanners that open a mail's link press lone buttons too: a no needs a tick, as a yes does."""

    sure: str = ""

    def require_sure(self) -> None:
        if self.sure != "yes":
            raise FieldErrors({"sure": "Please tick this box first, so that we know you mean it."})


class LineFields(AnswerFields):
    """How the organization is to be printed, and who may see it."""

    credit_line: str = ""
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""
    privacy: str = ""

    def as_line(self) -> LineForm:
        return LineForm(**self.model_dump(include=set(_LINE)))

    def is_same_line(self, line: CreditLine) -> bool:
        typed = CreditLine(*(getattr(self, name).strip() for name in _LINE))
        return typed == line


class SignFields(LineFields):
    form = "sign"
    done = "signed"
    statement_sha256: str = ""
    signer_name: str = ""
    capacity: str = ""
    authority: str = ""
    privacy: str = Privacy.PUBLIC

    def as_form(self) -> SignForm:
        return SignForm(
            **self.model_dump(include=set(_LINE)),
            signer_name=self.signer_name,
            capacity=self.capacity,
            authority=self.authority == "yes",
            statement_sha256=self.statement_sha256,
            privacy=self.privacy,
        )


class CorrectFields(LineFields):
    form = "correct"
    done = "corrected"


class ProtectFields(AnswerFields):
    """Without a tick: none of the choices is made beforehand, and no scanner makes one."""

    form = "protect"
    done = "protected"
    privacy: str = ""


class DeclineFields(SureFields):
    form = "decline"
    done = "declined"
    reason: str = ""


class DeferFields(AnswerFields):
    """Without a tick: the day is typed, which no scanner does."""

    form = "defer"
    done = "deferred"
    decides_on: str = ""

    def day(self) -> date:
        """Raises FieldErrors."""
        try:
            return date.fromisoformat(self.decides_on.strip())
        except ValueError:
            raise FieldErrors({"decides_on": "Please choose a day, as in 2026-03-04."}) from None


class PassFields(AnswerFields):
    """Without a tick: name and address are typed, which no scanner does."""

    form = "pass"
    done = "passed"
    name: str = ""
    email: str = ""


class WithdrawFields(SureFields):
    form = "withdraw"
    done = "withdrawn"


@dataclass(frozen=True)
class Sheet:
    """One form shown again: which, what was typed, and what is wrong where."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    proof: LineProof | None = None

    def value(self, form: str, name: str, otherwise: str = "") -> str:
        return self.values.get(name, otherwise) if form == self.form else otherwise

    def error(self, form: str, name: str) -> str:
        return self.errors.get(name, "") if form == self.form else ""

    def is_first_error(self, form: str, name: str) -> bool:
        """Where the keyboard should stand when the page comes back."""
        return form == self.form and next(iter(self.ordered_errors()), "") == name

    def ordered_errors(self) -> list[str]:
        """Field names with an error, in the order of the form."""
        return [name for name in self.values if name in self.errors]


def require_correction(page: AnswerPage, fields: CorrectFields) -> None:
    """Raises NothingToCorrect."""
    standing = page.signature
    if standing is None:
        return
    if fields.is_same_line(standing.line) and fields.privacy in ("", standing.privacy):
        raise NothingToCorrect


def fitting_done(done: str, page: AnswerPage) -> str:
    """The word, where it is one of ours and true of what stands now; else nothing."""
    if done == KEPT:
        return done if page.review is not None and page.review.is_own else ""
    return done if page.state in _DONE.get(done, ()) else ""
