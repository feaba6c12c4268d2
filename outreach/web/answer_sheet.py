"""The answer page as HTML: rendered once for all who see the same, and filled in for each."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

from outreach.domain.views import AUTHORITY_SENTENCE, AnswerPage
from outreach.web.answer_forms import Sheet
from outreach.web.pages import Pages

# One wording in each language and zone that its readers have, before and after the deadline.
_VARIANTS = 256
_BLANK: Final = Sheet()


@dataclass(frozen=True)
class Visit:
    """What the page needs to know of who opened it: where its forms go, and what was just done."""

    action: str
    form_token: str
    done: str
    over: bool


class AnswerSheets:
    """Renders the page. Rendering takes longer than all else that a request does, and most people
    see the same but for some values: these are cut out of one rendering, and filled in.

    A template may print those values, and must not ask about them; a test compares both ways.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._mark = f"{secrets.token_hex(8)}-{{}}."  # in nobody's text
        self._marked = re.compile(re.escape(self._mark).replace(r"\{\}", "([a-z_]+)"))
        self._variant = lru_cache(_VARIANTS)(self._prepare)

    def render(self, page: AnswerPage, visit: Visit, *, sheet: Sheet | None = None) -> str:
        """With ``sheet``, a form is shown again as it was typed."""
        if sheet is not None or page.signature is not None or page.review is not None:
            return self._whole(page, visit, sheet or _BLANK)
        values = _personal(page, visit)
        marks = {name: self._mark.format(name) for name in values}
        return _filled(self._variant(*_with(page, visit, marks)), values)

    def _prepare(self, page: AnswerPage, visit: Visit) -> list[str]:
        """The page cut at its marks: text and a value's name by turns."""
        return self._marked.split(self._whole(page, visit, _BLANK))

    def _whole(self, page: AnswerPage, visit: Visit, sheet: Sheet) -> str:
        return self._pages.fill(
            "answer.html",
            page=page,
            campaign=page.campaign,
            sheet=sheet,
            done=visit.done,
            over=visit.over,
            authority=_authority(page.organization),
            action=visit.action,
            form_token=visit.form_token,
        )


def _personal(page: AnswerPage, visit: Visit) -> dict[str, str]:
    return {
        "organization": page.organization,
        "offered_credit_line": page.offered_credit_line,
        "offered_sort_name": page.offered_sort_name,
        "country": page.country,
        "contact_name": page.contact_name,
        "invited_as": page.invited_as,
        "action": visit.action,
        "form_token": visit.form_token,
    }


def _with(page: AnswerPage, visit: Visit, values: Mapping[str, str]) -> tuple[AnswerPage, Visit]:
    own = {name: values[name] for name in ("action", "form_token")}
    rest = {name: value for name, value in values.items() if name not in own}
    return replace(page, **rest), replace(visit, **own)  # type: ignore[arg-type]


def _filled(pieces: list[str], values: Mapping[str, str]) -> str:
    safe = {name: str(escape(value)) for name, value in values.items()}
    return "".join([safe[piece] if place % 2 else piece for place, piece in enumerate(pieces)])


def _authority(organization: str) -> Markup:
    """The sentence to tick, the name set apart so that its script does not reorder the rest."""
    name = Markup("<bdi>{}</bdi>").format(organization)
    return escape(AUTHORITY_SENTENCE).format(organization=name)
