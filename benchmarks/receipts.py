"""A receipt after a click: from the POST of the sign form to the mail server's 250."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import cache, partial
from statistics import median

from benchmarks.ground import KINDS, TITLES, Ground
from benchmarks.outbox import SLUG, Person, draft, launch
from benchmarks.outreach_worker import Home, home_on
from benchmarks.processes import wait_until
from benchmarks.rows import Group, Readings, Row
from benchmarks.sink import TimedSink, timed_sink
from benchmarks.templates import Template, filled
from benchmarks.visiting import Visit
from outreach.bell import Bell
from outreach.demo.ports import answers, free_port
from outreach.store.database import Database

_LINK = re.compile(r"https?://\S+/a/\S+")
_MILLISECONDS = 1_000
_QUIET = 0.3


def receipt_group(ground: Ground) -> Group:
    many = ground.plan.receipts
    rows = [
        Row(
            f"receipt-{kind}",
            f"a receipt after a click, {TITLES[kind]}",
            f"from sending the form to the server's 250, real web and worker, nothing else"
            f" running; the median of {many}",
            {"median": "ms", "slowest": "ms"},
            partial(_measure, ground, kind, many),
        )
        for kind in KINDS
    ]
    return Group("receipt", "An answer's receipt", rows)


@cache
def _invited(ground: Ground, kind: str, many: int) -> Template:
    def fill(database: Database) -> None:
        with database.transaction() as session:
            draft(session, slug=SLUG, people=[Person(number) for number in range(many)])
            launch(session, slug=SLUG)

    return filled(ground, kind, name=f"invited{many}", fill=fill)


def _measure(ground: Ground, kind: str, many: int) -> Readings:
    template, port = _invited(ground, kind, many + 1), free_port()
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with (
        ground.passing_folder("receipts") as folder,
        timed_sink(folder, keeps=many + 1) as sink,
        home_on(ground, template, smtp_port=sink.port, settings=settings) as home,
        home.worker(),
        serving(home, port),
    ):
        Bell(ground.broker_url).ring()
        wait_until(lambda: len(sink.moments()) > many, seconds=60, what="the invitations to arrive")
        links = [_LINK.findall(_text(mail))[0] for mail in sink.mails()]
        _one_receipt(sink, port, links[0])  # whatever is made once is made by this one
        spans = [_one_receipt(sink, port, link) * _MILLISECONDS for link in links[1:]]
    return {"median": median(spans), "slowest": max(spans)}


@contextmanager
def serving(home: Home, port: int) -> Iterator[None]:
    """The real web process."""
    with home.outreach("web", "--port", str(port)):
        wait_until(lambda: answers("127.0.0.1", port), seconds=60, what="the web to answer")
        yield


def _one_receipt(sink: TimedSink, port: int, link: str) -> float:
    visit = Visit(port, link)
    action, body = visit.sign_form()
    time.sleep(_QUIET)
    before, began = len(sink.moments()), time.monotonic()
    visit.send(action, body)
    wait_until(lambda: len(sink.moments()) > before, seconds=30, what="the receipt", every=0.01)
    visit.close()
    return sink.moments()[before] - began


def _text(mail: object) -> str:
    assert isinstance(mail, EmailMessage)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
