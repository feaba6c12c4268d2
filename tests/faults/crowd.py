"""More of everything than anybody runs: who does the same work at the same time does it once."""

import hashlib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from outreach.domain.errors import Refused
from outreach.services.create_campaign import create_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.store.database import Database
from outreach.store.tables import Campaign, Message
from tests.cli.program import STATEMENT
from tests.factories import DOMAIN, a_contact, decline, sign
from tests.faults.checker import Finding, check
from tests.faults.running import Place
from tests.faults.servers import Taken, aiosmtpd_server
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.waiting import PATIENCE, let_pass, wait_until

_LIFE = 40  # seconds from a campaign's launch to its deadline
_NEXT = 5  # and from one launch to the next
_REMIND = "30s,22s,14s,6s"
_SHA256 = hashlib.sha256(STATEMENT.encode()).hexdigest()


def many_at_the_same_work(ground: Ground) -> list[Outcome]:
    seconds = ground.size(small=12, full=600)
    workers, sweepers = (2, 2) if ground.small else (4, 3)
    with (
        aiosmtpd_server(ground.new_folder(), pace=0.02) as server,
        ground.place(smtp_url=server.url, SMTP_CONNECTIONS="4", FAULTS_SWEEP="1") as place,
    ):
        names = [f"worker-{number}" for number in range(workers)]
        for name in names:
            place.start_worker(name, plan=ground.plan(lease=60.0, body_lease=60.0), wait=False)
        for number in range(2):
            place.start_beat(f"beat-{number}")
        wait_until(
            lambda: all(map(place.is_listening, names)), seconds=PATIENCE, what="the workers"
        )
        crowd = _Crowd(place, sweepers)
        crowd.start()
        campaigns = _run_campaigns(ground, place, seconds=seconds)
        delay = place.await_end(seconds=PATIENCE)
        crowd.end()
        place.end_workers()
        rows, taken = place.rows(), server.taken()
        return [
            _outcome(
                place,
                check(taken, rows),
                taken,
                trials=f"2 beats, {sweepers} sweepers ({crowd.sweeps} sweeps), {workers} workers,"
                f" {seconds} s, {campaigns} campaigns, {len(rows)} mails",
                failed=crowd.failed,
                delay=delay,
            )
        ]


def _run_campaigns(ground: Ground, place: Place, *, seconds: int) -> int:
    """One after another, overlapping, each with its reminders and its deadline; some sign."""
    organizations = ground.size(small=8, full=25)
    database, begun = Database(place.database_url), 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        slug = f"campaign-{begun}"
        _launch(database, slug, organizations)
        place.ring()
        begun += 1
        let_pass(_NEXT)
        for number in range(0, organizations, 4):
            _answer(database, f"{slug} {number}", signs=ground.chance.random() < 0.7)
            place.ring()
    deadline = datetime.now(UTC) + timedelta(seconds=_LIFE)
    wait_until(
        lambda: _all_closed(database), seconds=_LIFE + PATIENCE, what=f"the end at {deadline}"
    )
    database.close()
    return begun


def _launch(database: Database, slug: str, organizations: int) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        campaign = create_campaign(
            session,
            source=STATEMENT,
            slug=slug,
            deadline=now + timedelta(seconds=_LIFE),
            zone="Europe/Berlin",
            remind=_REMIND,
            default_reply_to=f"coordinator@{DOMAIN}",
            now=now,
        )
        for number in range(organizations):
            name = f"{slug} {number}"
            address = f"contact{number}@{slug}.example"
            a_contact(session, campaign, organization=name, email=address)
        launch_campaign(session, slug=slug, mail_domain=DOMAIN, now=now)


def _answer(database: Database, organization: str, *, signs: bool) -> None:
    now = datetime.now(UTC)
    with suppress(Refused), database.transaction() as session:
        if signs:
            sign(session, organization, now=now, statement_sha256=_SHA256)
        else:
            decline(session, organization, now=now)


def _all_closed(database: Database) -> bool:
    with database.reading() as session:
        return set(session.exec(select(Campaign.state))) == {"closed"}


@dataclass
class _Crowd:
    """Runs `outreach tick` in so many loops."""

    place: Place
    many: int
    sweeps: int = 0
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._sweep_on, args=(number,)) for number in range(self.many)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=120)

    def _sweep_on(self, number: int) -> None:
        home = self.place.folder / f"sweeper-{number}"
        home.mkdir()
        while not self._over.wait(0.5):
            done = subprocess.run(
                [sys.executable, "-m", "outreach", "tick"],
                env=self.place.environment | {"OUTREACH_HOME": str(home)},
                cwd=home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=100,
                check=False,
            )
            self.sweeps += 1
            if done.returncode:
                self.failed.append(done.stderr[-300:])


def _outcome(
    place: Place,
    finding: Finding,
    taken: Sequence[Taken],
    *,
    trials: str,
    failed: list[str],
    delay: float,
) -> Outcome:
    database = Database(place.database_url)
    with database.reading() as session:
        messages = session.exec(select(Message).order_by(col(Message.id))).all()
    database.close()
    keys = Counter((one.invitation_id, one.contact_id, one.kind, one.step) for one in messages)
    sent = {mail.message_id for mail in taken}
    by_key = Counter(
        (one.invitation_id, one.contact_id, one.kind, one.step)
        for one in messages
        if one.message_id in sent
    )
    kinds = Counter(one.kind for one in messages if one.message_id in sent)
    also = [f"{many} twice" for many in keys if keys[many] > 1 or by_key[many] > 1]
    also += [f"no {kind} was sent" for kind in ("reminder", "receipt") if not kinds[kind]]
    also += [f"a sweep failed: {words}" for words in failed[:3]]
    return judged(
        "crowd",
        finding,
        trials=trials,
        bound="no (invitation, contact, kind, step) twice, in the database or at the server",
        most_duplicates=0,
        also=tuple(also),
        delay=delay,
        note=", ".join(f"{many} × {kind}" for kind, many in sorted(kinds.items())),
    )


TRIALS = (
    Trial(
        "crowd",
        "Beats, workers and loops of `outreach tick`, all at once over one database, while one"
        " campaign after another is launched, reminded four times within forty seconds, answered"
        " and closed, by the real clock.",
        many_at_the_same_work,
    ),
)
