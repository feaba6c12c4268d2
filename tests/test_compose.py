"""compose.yaml run in earnest: its roles as processes, with a real PostgreSQL, broker and SMTP."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outreach.demo.broker import is_answering
from outreach.demo.ports import free_port
from outreach.demo.sample import sample_statement
from outreach.mailbox import list_mails, read_mail
from tests.compose_file import ROOT, example_variables, read_compose
from tests.compose_run import Machine, a_machine
from tests.postgres import running_postgres
from tests.waiting import wait_until
from tests.web.browsing import SIGNED, hidden_fields
from workers.heartbeat import HEARTBEAT_SECONDS

PARTNERS = "organization,contact_name,email\nArchive Watch,Ida Berg,ida@archive-watch.example\n"
LASTING = ("web", "worker", "beat")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """An operator's folder, filled as deploy/README.md says, on a machine with PostgreSQL."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "deploy", project / "deploy")
    subprocess.run([project / "deploy" / "make_secrets"], check=True, capture_output=True)
    variables = example_variables(sending=False)
    compose = read_compose(variables | {"PUBLIC_URL": f"http://127.0.0.1:{free_port()}"})
    with running_postgres() as url:
        _prepare_database(url, password=(project / "secrets/postgres_password").read_text())
        port = int(url.rpartition(":")[2])
        with a_machine(compose, project=project, folder=tmp_path, postgres=port) as made:
            yield made


def test_a_campaign_runs_on_the_services_of_compose(machine: Machine, tmp_path: Path) -> None:
    _start_everything(machine)
    _launch_campaign(machine, tmp_path)

    link = _link_in_the_mail(machine)
    _sign(link)

    wait_until(lambda: len(_mails(machine)) == 2, what="the receipt")
    assert _said(machine, "status", "visit", "--json")["invitations"] == {"signed": 1}
    assert not [name for name in LASTING if "Traceback" in machine.log(name)]
    _lose_the_broker_for_a_while(machine)
    _stop_everything(machine)


def _prepare_database(url: str, *, password: str) -> None:
    """As the image of PostgreSQL does from POSTGRES_USER, POSTGRES_DB and the password's file."""
    facts = read_compose(example_variables(sending=False)).service("postgres").environment
    user, name = facts["POSTGRES_USER"], facts["POSTGRES_DB"]
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'".encode())
        connection.execute(f"CREATE DATABASE {name} OWNER {user}".encode())


def _start_everything(machine: Machine) -> None:
    """In the order that depends_on says, each health check run as written."""
    machine.start_mail_server()
    machine.start("redis")
    broker = f"redis://:{_broker_password(machine)}@127.0.0.1:{machine.ports['redis']}/0"
    wait_until(lambda: is_answering(broker), what="the broker")
    migrated = machine.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    for name in LASTING:
        assert not machine.is_healthy(name)
        machine.start(name)
    _await_health(machine, *LASTING)


def _await_health(machine: Machine, *names: str) -> None:
    for name in names:
        wait_until(partial(machine.is_healthy, name), seconds=20, what=f"a healthy {name}")


def _broker_password(machine: Machine) -> str:
    return (machine.project / "secrets/redis_conf").read_text().split()[1]


def _launch_campaign(machine: Machine, folder: Path) -> None:
    statement, partners = folder / "statement.md", folder / "partners.csv"
    deadline = date.today() + timedelta(days=3)  # noqa: DTZ011 - the programs' clock is the real one
    statement.write_text(sample_statement(deadline_day=deadline))
    partners.write_text(PARTNERS)
    for command in (
        ("campaign", "create", str(statement), "--slug", "visit", "--deadline-in", "2d"),
        ("partners", "import", "visit", str(partners)),
        ("campaign", "launch", "visit", "--yes"),
    ):
        done = machine.run("web", *command)
        assert done.returncode == 0, done.stderr


def _link_in_the_mail(machine: Machine) -> str:
    wait_until(lambda: _mails(machine), what=f"the mail; the worker said {machine.log('worker')}")
    mail = read_mail(machine.home("mailpit") / "mailbox", _mails(machine)[0])
    assert mail.to == ("ida@archive-watch.example",)
    assert mail.sender == "Coalition <sign@example.org>"
    found = re.search(r"http://127\.0\.0\.1:\d+/a/\S+", mail.text)
    assert found
    return found[0]


def _mails(machine: Machine) -> list[str]:
    return [mail.name for mail in list_mails(machine.home("mailpit") / "mailbox")]


def _sign(link: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(link, timeout=10) as opened:
        address, page = opened.geturl(), opened.read().decode()
    filled = urllib.parse.urlencode(hidden_fields(page, "sign") | SIGNED).encode()
    with browser.open(f"{address}/sign", data=filled, timeout=10) as answered:
        assert answered.status == 200


def _said(machine: Machine, *command: str) -> Any:
    done = machine.run("web", *command)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _lose_the_broker_for_a_while(machine: Machine) -> None:
    """The health checks tell it, and the two come back by themselves."""
    machine.stop("redis")
    signs = [machine.home(name) / "run" / f"{name}.alive" for name in ("worker", "beat")]
    silent_since = time.monotonic()

    def is_silent() -> bool:
        """For longer than a heartbeat, whatever was on its way when the broker went."""
        nonlocal silent_since
        if any(sign.stat().st_mtime for sign in signs):
            for sign in signs:
                os.utime(sign, (0, 0))
            silent_since = time.monotonic()
        return time.monotonic() - silent_since > HEARTBEAT_SECONDS + 1

    wait_until(is_silent, seconds=60, what="worker and beat to give no sign of life")
    assert not machine.is_healthy("worker")
    assert not machine.is_healthy("beat")
    assert machine.is_healthy("web")
    machine.start("redis")
    _await_health(machine, "worker", "beat")


def _stop_everything(machine: Machine) -> None:
    """Each role ends by itself when asked; homes hold nothing of worth, logs nothing personal."""
    for name in reversed(LASTING):
        assert machine.stop(name) in (0, -signal.SIGTERM), machine.log(name)
        assert "archive-watch" not in machine.log(name)
    for name in ("migrate", *LASTING):
        left = {path.name for path in machine.home(name).rglob("*") if path.is_file()}
        assert left <= {f"{name}.alive"}
