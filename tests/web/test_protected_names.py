"""A name that its signer protects is nowhere that others can look: not on a page, in a file, its
headers or its name, not in a mail to another organization, in a log, a webhook's call or the
program's API. Three signers, one of each choice, whose names cannot be mistaken for anything else.

On both databases, and with each name under each protection.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from fastapi.testclient import TestClient

from outreach.calling import post
from outreach.domain.privacy import Privacy
from outreach.logs import configure_logging
from outreach.mail.target import SmtpTarget
from outreach.services.call_webhooks import WebhookCaller
from outreach.services.delivery import Delivery
from outreach.services.export_ledger import read_ledger_file
from outreach.wiring import Outreach
from tests.api_facts import SEALER, a_key, a_webhook
from tests.searching import names_in
from tests.sending import a_delivery
from tests.smtp_server import Server, running_smtp_server
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import DEADLINE, Clock, an_open_campaign, close_and_publish, letter_to
from tests.webhook_server import Receiver, a_receiver


@dataclass(frozen=True)
class Signer:
    """What is imported of an organization, and what it signs with."""

    address: str
    imported: str
    credit_line: str
    sort_name: str
    person: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.imported, self.credit_line, self.sort_name, self.person, self.address)


LATIN = Signer(
    "zofie@xq.example", "Žuželčín Vigil", "Žuželčín-Wache & Öst e.V.", "Wachtmærke", "Žofie Ünwahr"
)
CHINESE = Signer("lin@yw.example", "燈塔守望社", "燈塔守望社（香港）", "守望燈塔", "林美玲玲")
ARABIC = Signer(
    "layla@zv.example", "مرصد الأمل", "مرصد الأمل المحروس", "الأمل المحروس", "ليلى الحدادة"
)
OTHER = "omar@other.example"
SIGNERS = (LATIN, CHINESE, ARABIC)
PARTNERS = "organization,contact_name,email,language,country,timezone,role,sort_name\n" + "".join(
    f"{one.imported},{one.person},{one.address},en,GB,Europe/London,signs,\n" for one in SIGNERS
)
PARTNERS += f"Some Others,Omar Other,{OTHER},en,GB,Europe/London,signs,\n"
CHOICES = list(permutations(Privacy))
FILES = ("md", "html", "csv", "json")


@dataclass
class Seen:
    """All that somebody who is not the signer could look at, by where it was."""

    found: dict[str, str | bytes] = field(default_factory=dict)

    def response(self, where: str, response: Any) -> None:
        """Its status line's own address, its headers and its body."""
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.found[f"{where} head {len(self.found)}"] = f"{response.url}\n{head}"
        self.found[f"{where} body {len(self.found)}"] = response.content

    def naming(self, *signers: Signer) -> list[tuple[str, list[str]]]:
        wanted = [name for one in signers for name in one.names]
        read = ((where, names_in(content, wanted)) for where, content in self.found.items())
        return [(where, names) for where, names in read if names]


@dataclass
class Scene:
    outreach: Outreach
    client: TestClient
    clock: Clock
    mails: Server
    calls: Receiver
    seen: Seen = field(default_factory=Seen)

    def sign(self, signer: Signer, privacy: str, **form: str) -> Any:
        page = open_answer_page(self.client, letter_to(self.outreach, signer.address).answer)
        fields = {
            "credit_line": signer.credit_line,
            "sort_name": signer.sort_name,
            "signer_name": signer.person,
            "privacy": privacy,
        }
        return submit(self.client, page, "sign", SIGNED | fields | form)

    def protect(self, signer: Signer, privacy: str) -> Any:
        page = open_answer_page(self.client, letter_to(self.outreach, signer.address).answer)
        return submit(self.client, page, "protect", {"privacy": privacy})

    def look_around(self) -> None:
        """As the public, as an organization that has not signed, as a program, as an expert who
        was given the ledger."""
        for path in ("/", "/s/archives", "/s/nothing", "/s/archives?q=x", "/a/x", "/answer/0"):
            self.seen.response(path, self.client.get(path))
        for file in FILES:
            path = f"/s/archives/statement.{file}"
            self.seen.response(path, self.client.get(path))
            self.seen.response(path, self.client.head(path))
        self._look_with_a_link()
        self._look_with_a_key()

    def _look_with_a_link(self) -> None:
        page = open_answer_page(self.client, letter_to(self.outreach, OTHER).answer)
        for path in (page, f"{page}/source.md", f"{page}/receipt", f"{page}/outreach-receipt.json"):
            self.seen.response("another's page", self.client.get(path))

    def _look_with_a_key(self) -> None:
        with self.outreach.database.transaction() as session:
            now = self.clock.now
            read, export = (a_key(session, scope, now=now) for scope in ("read", "export"))
            key = self.outreach.ledger_key
            file = read_ledger_file(session, slug="archives", key=key, with_openings=False)
        self.seen.found[f"the ledger {len(self.seen.found)}"] = repr(file)
        for path in ("", "/archives", "/archives/messages"):
            self.seen.response(f"read {path}", self._ask(f"/campaigns{path}", read))
        for form in ("json", "csv", "markdown", "html"):
            path = f"/campaigns/archives/export?format={form}"
            self.seen.response(f"export {form}", self._ask(path, export))

    def _ask(self, path: str, key: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {key}"})

    def send(self) -> None:
        """Every mail and every call that is due."""
        self._delivery().deliver_due()
        caller = WebhookCaller(
            self.outreach.database,
            SEALER,
            partial(post, private=True),
            clock=self.clock,
            jitter=lambda: 0.0,
        )
        caller.call_due()

    def _delivery(self) -> Delivery:
        target = SmtpTarget.from_url(self.mails.url)
        composer = self.outreach.composer
        return a_delivery(self.outreach.database, target, composer=composer, clock=self.clock)


@pytest.fixture
def scene(outreach: Outreach, client: TestClient, clock: Clock) -> Iterator[Scene]:
    an_open_campaign(outreach.database, partners=PARTNERS)
    with running_smtp_server() as mails, a_receiver() as calls:
        with outreach.database.transaction() as session:
            a_webhook(session, url=calls.url)
        yield Scene(outreach, client, clock, mails, calls)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every line, written as the programs write them."""
    root = logging.getLogger()
    before = root.handlers[:]
    configure_logging()
    root.addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG)
    yield caplog
    root.handlers[:] = before


def _run(scene: Scene, choices: dict[Signer, Privacy]) -> None:
    """The campaign from the first yes to the published list, looked at after each step."""
    for signer, privacy in choices.items():
        assert scene.sign(signer, privacy, capacity="").status_code == 422
        assert scene.sign(signer, privacy).status_code == 303
        scene.look_around()
    scene.send()
    scene.clock.now = DEADLINE + timedelta(minutes=5)
    close_and_publish(scene.outreach.database, now=scene.clock.now)
    scene.outreach.sweep()
    scene.look_around()
    scene.send()


@pytest.mark.parametrize("order", CHOICES, ids=["-".join(one) for one in CHOICES])
def test_no_protected_name_is_anywhere_that_others_look(
    scene: Scene,
    logged: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    order: tuple[Privacy, ...],
) -> None:
    choices = dict(zip(SIGNERS, order, strict=True))
    protected = [one for one, privacy in choices.items() if privacy is not Privacy.PUBLIC]
    (public,) = set(SIGNERS) - set(protected)

    _run(scene, choices)

    assert scene.seen.naming(*protected) == []
    told = {where.partition(" ")[0] for where, names in scene.seen.naming(public)}
    assert {"/s/archives", "export", *(f"/s/archives/statement.{one}" for one in FILES)} <= told
    _check_mails(scene, protected)
    _check_calls(scene)
    said = capfd.readouterr()
    written = "\n".join([logged.text, said.out, said.err])
    assert "webhook_called" in said.err
    assert names_in(written, [name for one in SIGNERS for name in one.names]) == []


def _check_mails(scene: Scene, protected: list[Signer]) -> None:
    """In another's mail nothing; in one's own, nothing in its headers but the address."""
    kinds = set()
    for mail in scene.mails.received:
        (recipient,) = mail.recipients
        others = [one for one in protected if one.address != recipient]
        names = [name for one in others for name in one.names]
        assert names_in(mail.raw, names) == [], recipient
        subject = str(mail.message["Subject"])
        kinds.add(subject.partition(":")[0])
        own = [name for one in protected for name in one.names]
        assert names_in(subject, own) == []
        for name, value in mail.message.items():
            if name.lower() != "to":
                assert names_in(f"{name}: {value}", own) == [], name
    assert {"Receipt for your signature", "The list of signatories is closed"} <= kinds
    bodies = [mail for mail in scene.mails.received if mail.recipients == [protected[0].address]]
    assert any(names_in(mail.raw, [protected[0].credit_line]) for mail in bodies)


def _check_calls(scene: Scene) -> None:
    """A webhook's call names nobody at all."""
    events = {re.findall(rb'"type": ?"([a-z_.]+)"', call.body)[0] for call in scene.calls.got}
    assert len(events) >= 3, events
    names = [name for one in SIGNERS for name in one.names]
    for call in scene.calls.got:
        assert names_in(call.body, names) == []
        assert names_in(f"{call.path} {call.headers}", names) == []


@pytest.mark.parametrize("signer", SIGNERS, ids=["latin", "chinese", "arabic"])
def test_a_name_protected_after_publication_is_gone_from_then_on(
    scene: Scene, signer: Signer
) -> None:
    _run(scene, dict.fromkeys(SIGNERS, Privacy.PUBLIC))
    assert scene.seen.naming(signer)
    open_answer_page(scene.client, letter_to(scene.outreach, signer.address).answer)
    assert scene.protect(signer, "addressee").status_code == 303
    scene.seen.found.clear()
    scene.look_around()
    assert scene.seen.naming(signer) == []
    assert "not named" not in scene.client.get("/s/archives").text
