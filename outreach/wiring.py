"""Builds everything from Settings, once. The only place that knows which part goes where.

What only some commands need is imported where it is built: a question asked at a terminal is
answered before the mail's templates would be there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property, partial
from typing import TYPE_CHECKING

from outreach.bell import Bell
from outreach.clock import utc_now
from outreach.domain.delivery import Share
from outreach.links import LinkSigner, ShortenedLinks
from outreach.mail.target import SmtpTarget
from outreach.runtime import read_runtime
from outreach.sealing import Sealer
from outreach.settings import Settings
from outreach.store.database import Database

if TYPE_CHECKING:
    from outreach.attempts import Attempts
    from outreach.ledger.note import LogKey
    from outreach.mail.pace import Pace
    from outreach.passwords import Passwords
    from outreach.services.call_webhooks import WebhookCaller
    from outreach.services.compose_message import MessageComposer
    from outreach.services.compose_notice import NoticeComposer
    from outreach.services.delivery import Delivery
    from outreach.services.send_notices import NoticeSender
    from outreach.services.show_mail import MailWriter
    from outreach.services.sweep import SweepReport

_ANSWER_CONNECTIONS = 2
# Where a capturing server commonly listens; used when none is configured and no stack runs.
_NO_SERVER = "smtp://127.0.0.1:1025"


@dataclass
class Outreach:
    """The assembled service, as every entry point gets it."""

    settings: Settings
    clock: Callable[[], datetime] = utc_now

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_url, erasure_seed=self.erasure_seed)

    @property
    def erasure_seed(self) -> bytes:
        """What keys the hashes by which erased addresses are known."""
        return bytes.fromhex(self.settings.erasure_key or self.settings.ledger_key)

    @cached_property
    def links(self) -> LinkSigner:
        return LinkSigner(self.settings.secret_keys)

    @cached_property
    def ledger_key(self) -> "LogKey":
        """Signs the checkpoints of every ledger of this installation."""
        from outreach.ledger.note import LogKey

        return LogKey(bytes.fromhex(self.settings.ledger_key))

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.settings.secret_keys)

    @cached_property
    def passwords(self) -> "Passwords":
        """One for the process: it holds back when many sign in at once."""
        from outreach.passwords import Passwords

        return Passwords()

    @cached_property
    def attempts(self) -> "Attempts":
        from outreach.attempts import Attempts

        return Attempts(redis_url=self.broker_url, key=self.settings.secret_keys[0])

    @cached_property
    def bell(self) -> Bell:
        return Bell(self.broker_url)

    @property
    def mail_domain(self) -> str:
        return self.settings.mail_domain

    @property
    def reply_to(self) -> str:
        """Where answers to mails go when the statement names nobody."""
        return parseaddr(self.settings.sender)[1]

    @property
    def broker_url(self) -> str:
        """The configured broker, else that of the stack running on this home; may be empty."""
        runtime = None if self.settings.redis_url else read_runtime(self.settings.home)
        return runtime.redis_url if runtime else self.settings.redis_url

    @property
    def captures_mail(self) -> bool:
        """Whether mail is captured: by the stack that runs on this home, else as configured."""
        runtime = read_runtime(self.settings.home)
        return bool(runtime.smtp_url) if runtime else self.settings.captures_mail

    @property
    def smtp_target(self) -> SmtpTarget:
        runtime = read_runtime(self.settings.home) if self.settings.captures_mail else None
        found = runtime.smtp_url if runtime else self.settings.smtp_url
        return SmtpTarget.from_url(found or _NO_SERVER)

    @property
    def public_url(self) -> str:
        given = "public_url" in self.settings.model_fields_set
        runtime = None if given else read_runtime(self.settings.home)
        return runtime.public_url if runtime else self.settings.public_url

    def ring_bell(self) -> None:
        """Best effort: the workers look now instead of at the next sweep."""
        self.bell.ring()

    @cached_property
    def composer(self) -> "MessageComposer":
        """One for the process: it keeps what it has prepared."""
        return self._composer(self.links)

    @cached_property
    def mail_writer(self) -> "MailWriter":
        """Writes mails for coordinators to read: the personal links in them open nothing."""
        from outreach.services.show_mail import MailWriter

        shortened = ShortenedLinks(self.settings.secret_keys)
        return MailWriter(self._composer(shortened), self.links, shortened)

    def _composer(self, links: LinkSigner) -> "MessageComposer":
        from outreach.mail.templates import MailTemplates, email_template_folder
        from outreach.services.compose_message import MessageComposer

        return MessageComposer(
            MailTemplates(email_template_folder()),
            links,
            sender=self.settings.sender,
            public_url=self.public_url,
            ledger_key=self.ledger_key,
        )

    @cached_property
    def sample_composer(self) -> "MessageComposer":
        """Writes what is previewed and tried out: its links are samples."""
        from outreach.services.preview_wording import SampleLinks

        return self._composer(SampleLinks())

    @cached_property
    def pace(self) -> "Pace":
        """One for the process: its senders share what they know of the limits."""
        from outreach.mail.pace import Pace

        return Pace(
            self.settings.sending_limits,
            redis_url=self.broker_url,
            key=self.settings.secret_keys[0],
            clock=self.clock,
        )

    def delivery(
        self, *, share: Share = Share.ALL, should_stop: Callable[[], bool] = lambda: False
    ) -> "Delivery":
        """A sender. The one for answers has connections to itself."""
        from outreach.services.delivery import Delivery

        is_for_answers = share is Share.ANSWERS
        return Delivery(
            self.database,
            self.composer,
            self.smtp_target,
            clock=self.clock,
            retry=self.settings.retry_schedule,
            connections=_ANSWER_CONNECTIONS if is_for_answers else self.settings.smtp_connections,
            window=self.settings.smtp_window,
            captured=self.settings.captures_mail,
            share=share,
            pace=self.pace.another(),
            should_stop=should_stop,
        )

    def webhook_caller(self, *, should_stop: Callable[[], bool] = lambda: False) -> "WebhookCaller":
        """Who makes the calls that are due to webhooks."""
        from outreach.calling import post
        from outreach.services.call_webhooks import WebhookCaller

        private = self.settings.webhook_private_networks
        return WebhookCaller(
            self.database,
            self.sealer,
            partial(post, private=private),
            clock=self.clock,
            should_stop=should_stop,
        )

    @property
    def notice_composer(self) -> "NoticeComposer":
        from outreach.mail.templates import MailTemplates, email_template_folder
        from outreach.services.compose_notice import NoticeComposer

        return NoticeComposer(
            MailTemplates(email_template_folder()),
            self.links,
            sender=self.settings.sender,
            public_url=self.public_url,
            mail_domain=self.mail_domain,
        )

    def notice_sender(self, *, should_stop: Callable[[], bool] = lambda: False) -> "NoticeSender":
        """Who sends the coordinators' mails, on a connection to itself."""
        from outreach.services.send_notices import NoticeSender

        return NoticeSender(
            self.database,
            self.notice_composer,
            self.smtp_target,
            clock=self.clock,
            retry=self.settings.retry_schedule,
            pace=self.pace.another(),
            should_stop=should_stop,
        )

    def sweep(self) -> "SweepReport":
        from outreach.services.erase_again import erase_again
        from outreach.services.keep_ledgers import keep_ledgers
        from outreach.services.sweep import sweep

        report = sweep(
            self.database,
            mail_domain=self.mail_domain,
            clock=self.clock,
            retention_days=self.settings.retention_days,
        )
        keep_ledgers(
            self.database, key=self.ledger_key, mail_domain=self.mail_domain, clock=self.clock
        )
        erase_again(
            self.database,
            self.settings.home,
            seed=self.erasure_seed,
            mail_domain=self.mail_domain,
            clock=self.clock,
        )
        return report


def build(settings: Settings) -> Outreach:
    """Nothing is opened before it is used."""
    return Outreach(settings)
