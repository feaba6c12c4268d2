"""Pages a second, one process, 32 connections: ours beside a plain page of the same run."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial

from benchmarks.ground import Ground
from benchmarks.outbox import MAIL_DOMAIN, SLUG, STATEMENT, Person, draft, launch, link_ids
from benchmarks.outreach_worker import KEY, home_on
from benchmarks.plain_page import fill_pages
from benchmarks.processes import clean_environment, module, run, running, wait_until
from benchmarks.receipts import serving
from benchmarks.rows import Group, Readings, Row
from benchmarks.templates import Template, filled, url_of
from benchmarks.visiting import Visit
from outreach.clock import utc_now
from outreach.demo.ports import answers, free_port
from outreach.links import ANSWER, LinkSigner
from outreach.services.answer_form import SignForm
from outreach.services.answer_invitation import sign
from outreach.services.close_campaign import close_campaign
from outreach.services.publish_statement import publish_campaign
from outreach.statement.source import parse_statement
from outreach.store.database import Database

CONNECTIONS = 32
_PUBLISHED, _SIGNATORIES = "published", 50
_UNITS = {"rate": "pages/s", "p99": "ms"}
_HOW = f"{CONNECTIONS} kept connections from a process of its own, one uvicorn process"


def page_group(ground: Ground) -> Group:
    plain = partial(_plain, ground, "--factory", "benchmarks.plain_page:create_app", "/page/plain")
    raw = partial(_plain, ground, "--no-use-colors", "benchmarks.plain_page:raw", "/")
    rows = [
        Row("page-sign", "the sign page, SQLite", _HOW, _UNITS, partial(_sign_page, ground)),
        Row(
            "page-public",
            f"the public page with {_SIGNATORIES} signatories, SQLite",
            _HOW,
            _UNITS,
            partial(_public_page, ground),
        ),
        Row(
            "page-plain",
            "a plain FastAPI + Jinja2 page with one SQLite query, async def",
            _HOW,
            _UNITS,
            plain,
        ),
        Row(
            "page-raw",
            "raw ASGI, two bytes: what the client can ask for",
            _HOW,
            _UNITS,
            raw,
        ),
    ]
    return Group("pages", "Pages", rows)


def _sign_page(ground: Ground) -> Readings:
    with _our_web(ground) as port:
        visit = Visit(port, f"/a/{LinkSigner([KEY]).token(_open_link(ground), purpose=ANSWER)}")
        visit.close()
        return load_page(ground, port, path=visit.path, cookie=visit.cookie)


def _public_page(ground: Ground) -> Readings:
    with _our_web(ground) as port:
        return load_page(ground, port, path=f"/s/{_PUBLISHED}")


@contextmanager
def _our_web(ground: Ground) -> Iterator[int]:
    port = free_port()
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with (
        home_on(ground, _campaigns(ground), smtp_port=1, settings=settings) as home,
        serving(home, port),
    ):
        yield port


def _plain(ground: Ground, how: str, app: str, path: str) -> Readings:
    port = free_port()
    argv = [sys.executable, "-m", "uvicorn", how, app, "--port", str(port)]
    argv += ["--no-access-log", "--log-level", "warning", "--no-server-header"]
    with ground.passing_folder("plain") as folder:
        fill_pages(str(folder / "pages.db"))
        env = clean_environment(BENCH_PAGES=str(folder / "pages.db"))
        with running(argv, log=folder / "log", env=env, cwd=folder):
            wait_until(lambda: answers("127.0.0.1", port), seconds=30, what="uvicorn to answer")
            return load_page(ground, port, path=path)


def load_page(ground: Ground, port: int, *, path: str, cookie: str = "") -> Readings:
    """The rate and the p99 of a page that is asked for over and over."""
    seconds = ground.plan.page_seconds
    argv = module("benchmarks.page_load", port, path, cookie, CONNECTIONS, seconds)
    out = run(argv, env=clean_environment(), cwd=ground.folder, seconds=seconds + 30)
    facts: dict[str, float] = json.loads(out)
    return facts


@cache
def _campaigns(ground: Ground) -> Template:
    """One that is open, and one that everybody may read."""

    def fill(database: Database) -> None:
        with database.transaction() as session:
            people = [Person(number) for number in range(_SIGNATORIES)]
            draft(session, slug=_PUBLISHED, people=people)
            launch(session, slug=_PUBLISHED)
            for person, link_id in zip(people, link_ids(session), strict=True):
                form = _signed(person)
                sign(session, link_id=link_id, form=form, mail_domain=MAIL_DOMAIN, now=utc_now())
            close_campaign(session, slug=_PUBLISHED, mail_domain=MAIL_DOMAIN, now=utc_now())
            publish_campaign(session, slug=_PUBLISHED, now=utc_now())
        with database.transaction() as session:
            draft(session, slug=SLUG, people=[Person(number) for number in range(5)])
            launch(session, slug=SLUG)

    return filled(ground, "sqlite", name="pages", fill=fill)


@cache
def _open_link(ground: Ground) -> str:
    database = Database(url_of(_campaigns(ground)))
    with database.reading() as session:
        found = link_ids(session)[-1]
    database.close()
    return found


def _signed(person: Person) -> SignForm:
    return SignForm(
        credit_line=person.organization,
        sort_name="",
        signer_name=person.name,
        capacity="Director",
        authority=True,
        statement_sha256=parse_statement(STATEMENT).sha256,
    )
