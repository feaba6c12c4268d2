"""The wording of every mail, from ``templates/email/<locale>/<kind>/``."""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from outreach.domain.message import MessageKind
from outreach.domain.notice import NoticeKind
from outreach.mail.headers import one_line
from outreach.mail.notice_context import AlertContext, DigestContext, ProofContext
from outreach.mail.own_words import OwnWords
from outreach.resources import template_folder

FALLBACK_LOCALE = "en"
_DISCREET = "_discreet"  # the folder of the one wording for all kinds


@dataclass(frozen=True)
class MailContext:
    """Everything that a template may use: plain text, but for ``statement_html``.

    Moments arrive as the recipient reads them, the coordinator's zone beside the deadline where
    it differs. ``link`` is empty for a copied contact; ``takes_answers`` says whether an answer
    would still count; ``signatory_count`` is 0 but for the closing notice; ``direction`` is that of
    ``locale``, the language that the template itself is written in; ``channel`` is a word of
    ``domain/recorded_consent.py``, empty but for a consent recorded by hand. ``standing`` is the
    answer that stands against a colleague's, in the mails about that. ``own`` are the campaign's
    own words, in place of ours. ``discreet``: the mail says nothing of the matter, in neither's
    words.
    """

    title: str
    addressee: str
    occasion: str
    occasion_day: str
    asks: tuple[str, ...]
    deadline: str
    reminder_left: str
    organization: str
    contact_name: str
    contact_email: str
    coordinator: str
    link: str
    unsubscribe_link: str
    statement_text: str
    statement_html: Markup
    statement_sha256: str
    credit_line: str
    url: str
    signer_name: str
    capacity: str
    answered_at: str
    decides_on: str
    passed_by: str
    channel: str
    public_url: str
    signatory_count: int
    takes_answers: bool
    language: str
    locale: str
    direction: str
    privacy: str = ""
    own: OwnWords | None = None
    discreet: bool = False
    standing: str = ""


@dataclass(frozen=True)
class RenderedMail:
    """One mail's words, without its headers."""

    subject: str
    text: str
    html: str


class MailTemplates:
    """All kinds in all locales below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = _environment(folder)
        # One style tag is marked to be kept: dark mode and the phone, which no attribute can say.
        # What is inlined is not sent twice.
        self._inliner = CSSInliner(
            keep_style_tags=False, minify_css=True, load_remote_stylesheets=False
        )

    def locales(self) -> tuple[str, ...]:
        """The languages that have wording, sorted."""
        folders = (entry for entry in self._folder.iterdir() if entry.is_dir())
        return tuple(sorted(entry.name for entry in folders if not entry.name.startswith("_")))

    def choose_locale(self, language: str) -> str:
        """The nearest locale: ``de-AT``, else ``de``, else English."""
        known = {name.lower(): name for name in self.locales()}
        parts = language.replace("_", "-").lower().split("-")
        for length in range(len(parts), 0, -1):
            if (found := known.get("-".join(parts[:length]))) is not None:
                return found
        return FALLBACK_LOCALE

    def render(self, kind: MessageKind, *, locale: str, context: MailContext) -> RenderedMail:
        """Subject, text and HTML. Raises jinja2.TemplateError for a fault in a template."""
        values = {item.name: getattr(context, item.name) for item in fields(context)}
        values |= {"locale": locale, "kind": kind.value}
        own = None if context.discreet else context.own
        folder = _DISCREET if context.discreet else kind.value
        values["own_text"] = own.fill_text(values) if own else ""
        values["own_html"] = own.fill_html(values) if own else ""

        def part(name: str) -> str:
            return self._environment.get_template(f"{locale}/{folder}/{name}").render(values)

        return RenderedMail(
            subject=one_line(own.fill_subject(values) if own else part("subject.txt")),
            text=part("body.txt").strip() + "\n",
            html=self._inliner.inline(part("body.html")),
        )

    def render_notice(
        self, kind: NoticeKind, *, context: DigestContext | AlertContext | ProofContext
    ) -> RenderedMail:
        """A mail of the notices' outbox. Raises jinja2.TemplateError for a fault in a template."""
        values = {item.name: getattr(context, item.name) for item in fields(context)}

        def part(name: str) -> str:
            path = f"{context.locale}/{kind.value}/{name}"
            return self._environment.get_template(path).render(values)

        return RenderedMail(
            subject=one_line(part("subject.txt")),
            text=part("body.txt").strip() + "\n",
            html=self._inliner.inline(part("body.html")),
        )


@lru_cache
def _environment(folder: Path) -> Environment:
    """One for all who ask: what it has compiled serves them all."""
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def email_template_folder() -> Path:
    """Where the wording lies, in a checkout and in an installed wheel."""
    return template_folder("email")
