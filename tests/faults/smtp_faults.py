"""A mail server, or the way to it, that misbehaves at every point of the conversation."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from sqlmodel import col, select

from outreach.domain.campaign import CampaignState
from outreach.services.steer_campaign import resume_campaign
from outreach.store.database import Database
from outreach.store.tables import Campaign
from tests.faults.certificates import can_make_certificates, make_certificates
from tests.faults.checker import Finding, Row, check
from tests.faults.fault import Fault
from tests.faults.running import Place, launch
from tests.faults.servers import MailServer, Taken, aiosmtpd_server, free_port
from tests.faults.steering import Proxy, fault_proxy
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.faults.worker import Plan
from tests.waiting import PATIENCE, let_pass, wait_until

_WORKER = "worker-1"
_CONNECTIONS = 4
_COMMANDS = ("before EHLO", "before MAIL", "before RCPT", "before DATA")
_STAGES = ("before CONNECT", *_COMMANDS, "mid-body", "reply DOT")
_REFUSALS = {
    "before CONNECT": "3.2 no service",
    "before EHLO": "3.2 no service",
    "before MAIL": "1.8 your address is not welcome",
    "before RCPT": "2.1 this mailbox is not to be had",
    "before DATA": "6.0 not this one",
    "before DOT": "6.0 not this content",
}


@dataclass(frozen=True)
class Group:
    """Faults of one sort, and the key of the mails that meet them. ``doomed``: so many mails, of
    which none can ever be known to have arrived."""

    key: str
    name: str
    faults: tuple[Fault, ...]
    bound: str = "every row ends, at most 2 copies of a mail, each second one flagged"
    doomed: int = 0

    @property
    def domain(self) -> str:
        return f"{self.key}.example"


def _groups(each: int, limit: float) -> list[Group]:
    def faults(points: tuple[str, ...], *actions: str, words: str = "") -> tuple[Fault, ...]:
        return tuple(_fault(point, *actions, times=each, words=words) for point in points)

    def refusals(digit: str) -> tuple[Fault, ...]:
        code = {"4": "450", "5": "550"}[digit]
        return tuple(
            _fault(point, "say", times=each, words=f"{code} {digit}.{words}")
            for point, words in _REFUSALS.items()
        )

    slowly = ("before CONNECT", "before EHLO", "before MAIL", "before RCPT", "before DATA")
    closing = ("before MAIL", "before RCPT", "before DATA", "before DOT", "after DOT")
    return [
        Group("reset", "reset", (*faults(_STAGES, "reset"), *faults(("after DOT",), "reset"))),
        Group("hang", "hang", faults(_STAGES, "hang")),
        Group(
            "slow",
            "1 byte a second",
            tuple(
                _fault(point, "trickle", times=each, seconds=limit)
                for point in (*slowly, "reply DOT")
            ),
        ),
        Group("closing", "421", faults(closing, "say", "close", words="421 4.3.2 closing")),
        Group("later", "4xx", refusals("4")),
        Group("never", "5xx", refusals("5")),
        Group(
            "swallowed",
            "swallowed 250",
            tuple(_fault("reply DOT", action, times=each) for action in ("drop", "close")),
        ),
        Group(
            "doomed",
            "swallowed for ever",
            (Fault("reply DOT", ["close"], times=0),),
            bound="2 copies of each, flagged, then uncertain",
            doomed=each,
        ),
    ]


def _fault(point: str, *actions: str, times: int, words: str = "", seconds: float = 1.0) -> Fault:
    # Not every passage, or those of the first point would keep all others from the later ones.
    return Fault(point, list(actions), times=times, words=words, seconds=seconds, odds=0.5)


def every_fault(ground: Ground) -> list[Outcome]:
    each = ground.size(small=2, full=100, given=ground.kills)
    plan = Plan(lease=60.0, body_lease=60.0, retry=0.5, unreachable=0.3, limits=1.0)
    with (
        aiosmtpd_server(ground.new_folder()) as server,
        fault_proxy(server.port, seed=ground.seed) as proxy,
        ground.place(
            smtp_url=proxy.url, SMTP_CONNECTIONS=str(_CONNECTIONS), FAULTS_SWEEP="1"
        ) as place,
    ):
        place.start_worker(_WORKER, plan=plan)
        place.start_beat()
        runs = [
            _Run(place, server, proxy, group, each=each).go()
            for group in _groups(each, plan.limits)
        ]
        place.end_workers()
        rows, taken = place.rows(), server.taken()
    return [run.outcome(rows, taken) for run in runs]


@dataclass
class _Run:
    """One group's mails, while its faults are in force and until they have ended."""

    place: Place
    server: MailServer
    proxy: Proxy
    group: Group
    each: int
    resumed: int = 0
    seconds: float = 0.0
    strikes: Counter[str] | None = None

    def go(self) -> "_Run":
        before = len(self.proxy.strikes)
        self.proxy.clear()
        for fault in self.group.faults:
            self.proxy.arm(fault)
        wanted = sum(fault.times for fault in self.group.faults)
        self._launch(self.group.doomed or wanted * 2, part=0)
        if not self.group.doomed:
            self._strike_until(lambda: len(self.proxy.strikes) - before >= wanted)
            self.proxy.clear()
        self.seconds = self._await_end()
        struck = self.proxy.strikes[before:]
        self.strikes = Counter(str(strike["struck"]) for strike in struck)
        return self

    def _strike_until(self, enough: Callable[[], bool]) -> None:
        """More mails, where all have ended before every fault has struck."""
        parts = count(1)

        def has_struck() -> bool:
            if not enough() and not self._is_going_on():
                self._launch(_CONNECTIONS * 2, part=next(parts))
            return enough()

        with suppress(AssertionError):  # the outcome says what did not strike
            wait_until(has_struck, seconds=PATIENCE + 6 * self.each)

    def _is_going_on(self) -> bool:
        self.resumed += resume_all(self.place.database_url)
        states = self.place.states()
        if states.get("queued", 0) + states.get("sending", 0):
            return True
        # In one look: what was in doubt a moment ago may be on its way once more by now.
        return bool(states.get("uncertain", 0)) and any(
            row.state in ("queued", "sending") or (row.state == "uncertain" and not row.repeats)
            for row in self.place.rows()
        )

    def _await_end(self) -> float:
        """Until every row has ended, those in doubt after their second copy."""
        began = time.monotonic()

        def has_ended() -> bool:
            self.place.ring()
            return not self._is_going_on()

        with suppress(AssertionError):  # the checker says what is left
            wait_until(has_ended, seconds=PATIENCE + self.each)
        return time.monotonic() - began

    def _launch(self, many: int, *, part: int) -> None:
        domain = self.group.domain
        launch(
            self.place.database_url,
            organizations=many,
            slug=f"{self.group.key}-{part}",
            address=lambda number: f"contact{number}@o{part}.{domain}",
        )
        self.place.ring()

    def outcome(self, rows: list[Row], taken: list[Taken]) -> Outcome:
        end = f".{self.group.domain}"
        mine = [row for row in rows if row.recipient.endswith(end)]
        finding = check([mail for mail in taken if mail.recipient.endswith(end)], mine)
        strikes = self.strikes or Counter()
        note = f"{', '.join(f'{many} × {name}' for name, many in sorted(strikes.items()))}"
        if self.resumed:
            note += f"; the service paused the campaign, and a person resumed it {self.resumed} ×"
        return judged(
            f"smtp-fault: {self.group.name}",
            finding,
            trials=f"{strikes.total()} strikes, {len(mine)} mails",
            bound=self.group.bound,
            most_duplicates=strikes.total(),
            also=tuple(self._broken(finding, mine, strikes)),
            delay=self.seconds,
            note=note,
        )

    def _broken(self, finding: Finding, mine: list[Row], strikes: Counter[str]) -> list[str]:
        broken = [f"{finding.most_copies} copies of a mail"] if finding.most_copies > 2 else []
        broken += [
            f"{fault.name} struck {strikes[fault.name]} of {fault.times} times"
            for fault in self.group.faults
            if fault.times and strikes[fault.name] < fault.times
        ]
        if self.group.doomed:
            doomed = [row for row in mine if row.state == "uncertain" and row.repeats == 1]
            if len(doomed) != len(mine) or finding.duplicates != len(mine):
                broken.append(
                    f"{len(doomed)} of {len(mine)} uncertain, {finding.duplicates} second copies"
                )
        return broken


def resume_all(url: str) -> int:
    """What a coordinator does who has read why the campaign was paused. Returns how many."""
    database = Database(url)
    query = select(Campaign.slug).where(col(Campaign.state) == CampaignState.PAUSED)
    with database.reading() as session:
        paused = list(session.exec(query))
    for slug in paused:
        with database.transaction() as session:
            resume_campaign(session, slug=slug)
    database.close()
    return len(paused)


def connection_refused(ground: Ground) -> list[Outcome]:
    """Nobody listens at the port, then somebody does again; in the middle of a bulk."""
    times = ground.size(small=2, full=100, given=ground.kills)
    messages, port, folder = 30 * times, free_port(), ground.new_folder()
    plan = Plan(lease=60.0, body_lease=60.0, retry=0.5, unreachable=0.3, limits=1.0)

    def some_time() -> float:
        return 0.2 + ground.chance.random() * 0.8

    with ground.place(
        smtp_url=f"smtp://127.0.0.1:{port}",
        SMTP_CONNECTIONS=str(_CONNECTIONS),
        FAULTS_SWEEP="1",
    ) as place:
        launch(place.database_url, organizations=messages)
        place.start_worker(_WORKER, plan=plan)
        place.start_beat()
        place.ring()
        for number in range(times):
            let_pass(some_time())
            more = ("--port", str(port))
            with aiosmtpd_server(folder, pace=0.05, more=more) as server:
                server.await_count(messages * (number + 0.5) / times)
        with aiosmtpd_server(folder, more=("--port", str(port))) as server:
            delay = place.await_end(seconds=PATIENCE)
            place.end_workers()
            finding = check(server.taken(), place.rows())
    return [
        judged(
            "smtp-refused",
            finding,
            trials=f"{times} times nobody at the port, {messages} mails",
            bound=f"lost 0, duplicates at most {times * _CONNECTIONS}, all flagged",
            most_duplicates=times * _CONNECTIONS,
            also=(f"{finding.most_copies} copies",) if finding.most_copies > 2 else (),
            delay=delay,
        )
    ]


def no_safe_way(ground: Ground) -> list[Outcome]:
    """STARTTLS is taken out of the server's greeting, or its certificate is over: no mail leaves
    until that is mended, and then every one does, encrypted."""
    names = ("smtp-unsafe: STARTTLS stripped", "smtp-unsafe: expired certificate")
    if not can_make_certificates():
        return [Outcome(name, "", skipped="openssl is not installed") for name in names]
    times = ground.size(small=3, full=100, given=ground.kills)
    known = make_certificates(ground.new_folder())
    stripped = Fault("reply EHLO", ["strip"], words="STARTTLS", times=0)
    counted = Fault("after CONNECT", ["wait"], seconds=0, times=0)
    plan = Plan(retry=0.5, unreachable=0.3, limits=3.0)
    outcomes = []
    for name, certificate, fault in (
        (names[0], known.valid, stripped),
        (names[1], known.expired, counted),
    ):
        port, folder = free_port(), ground.new_folder()
        with (
            fault_proxy(port, seed=ground.seed) as proxy,
            ground.place(
                smtp_url=f"smtp+starttls://127.0.0.1:{proxy.port}",
                SSL_CERT_FILE=str(known.authority),
                SMTP_CONNECTIONS=str(_CONNECTIONS),
                FAULTS_SWEEP="1",
            ) as place,
        ):
            more = ("--port", str(port), "--certificate")
            proxy.arm(fault)
            launch(place.database_url, organizations=10)
            with aiosmtpd_server(folder, more=(*more, str(certificate))) as server:
                place.start_worker(_WORKER, plan=plan)
                place.start_beat()
                _await_strikes(proxy, times)
                left = server.count()
            proxy.clear()
            with aiosmtpd_server(folder, more=(*more, str(known.valid))) as server:
                delay = place.await_end(seconds=PATIENCE)
                place.end_workers()
                finding = check(server.taken(), place.rows())
            outcomes.append(
                judged(
                    name,
                    finding,
                    trials=f"{len(proxy.strikes)} conversations, {finding.rows} mails",
                    bound="no mail leaves, then every one does, once",
                    most_duplicates=0,
                    also=(f"{left} mails left",) if left else (),
                    delay=delay,
                )
            )
    return outcomes


def _await_strikes(proxy: Proxy, many: int) -> None:
    wait_until(lambda: len(proxy.strikes) >= many, seconds=PATIENCE + 2 * many, what="strikes")


TRIALS = (
    Trial(
        "smtp-fault",
        "A proxy before the server resets, hangs, answers one byte a second, says 421 and closes,"
        " refuses for now or for good, or swallows the server's 250, at every command and in the"
        " middle of the body, at random passages among mails that pass; the client's time limits"
        " are one second. At 'swallowed for ever' no 250 after a body ever arrives.",
        every_fault,
    ),
    Trial(
        "smtp-refused",
        "The server is killed in the middle of the bulk and nobody listens at its port for a"
        " while, again and again.",
        connection_refused,
    ),
    Trial(
        "smtp-unsafe",
        "SMTP_URL asks for STARTTLS; the way strips it from the greeting, or the certificate has"
        " expired. Then that is mended.",
        no_safe_way,
    ),
)
