"""Pages, rendered on the server from ``templates/pages``."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from outreach.domain import state_words
from outreach.languages import language_name, text_direction
from outreach.localtime import format_brief, format_day, format_deadline, format_moment
from outreach.resources import template_folder
from outreach.statement.markdown import render_html

STATIC_FOLDER = Path(__file__).parent / "static"

_HEADING = re.compile(r"(</?h)([1-6])>")
_TOP_LEVEL = 3  # the page's title is 1, its sections are 2


class Pages:
    """Renders the named templates. ``base`` is the path under which the service is reached."""

    def __init__(self, *, base: str) -> None:
        self._environment = _environment(base)

    def render(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(self.fill(template, **context), status_code=status)

    def fill(self, template: str, **context: Any) -> str:
        """The page's HTML alone."""
        return self._environment.get_template(template).render(context)


@lru_cache
def _environment(base: str) -> Environment:
    """One for all who ask: what it has compiled serves them all."""
    environment = Environment(
        loader=FileSystemLoader(template_folder("pages")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # no look at six files for each page
    )
    environment.globals.update(
        base=base,
        stylesheet=f"{base}/static/site.css?v={_fingerprint('site.css')}",
        static=lambda name: f"{base}/static/{name}?v={_fingerprint(name)}",
        deadline=format_deadline,
        moment=format_moment,
        brief=format_brief,
        day=format_day,
        direction=text_direction,
        language_name=language_name,
        answer_words=state_words.ANSWERS,
        campaign_words=state_words.CAMPAIGNS,
        mail_words=state_words.MAILS,
    )
    environment.filters["statement"] = statement_markup
    return environment


@lru_cache(maxsize=64)
def statement_markup(markdown: str) -> Markup:
    """The statement as HTML, its headings set below those of the page around it."""
    html = render_html(markdown)
    levels = [int(level) for _, level in _HEADING.findall(html)]
    shift = _TOP_LEVEL - min(levels, default=_TOP_LEVEL)

    def lowered(match: re.Match[str]) -> str:
        return f"{match[1]}{min(int(match[2]) + shift, 6)}>"

    return Markup(_HEADING.sub(lowered, html))  # noqa: S704 - sanitised by render_html


@lru_cache
def _fingerprint(name: str) -> str:
    """Changes with the file, so that a browser may keep it for long."""
    return hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]
