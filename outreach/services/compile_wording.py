"""A campaign's own words, made ready for its mails: read once, filled thousands of times."""

from functools import lru_cache

from outreach.domain.message import MessageKind
from outreach.mail.own_words import OwnWords, mark_places
from outreach.statement.markdown import render_html, render_text


@lru_cache(maxsize=256)
def compile_wording(kind: MessageKind, *, subject: str, body: str) -> OwnWords:
    """Raises PlaceRefused, with line and column, for all that is no place of this kind's mail."""
    above = mark_places(subject, part="subject", kind=kind)
    below = mark_places(body, part="body", kind=kind)
    return OwnWords(
        subject=above.cut(above.text),
        text=below.cut(render_text(below.text)),
        html=below.cut_html(render_html(below.text)),
    )
