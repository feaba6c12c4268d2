"""A row that kills whoever writes its mail."""

import signal
import threading
from contextlib import suppress

from tests.faults.checker import check
from tests.faults.running import Place, launch
from tests.faults.servers import aiosmtpd_server
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.faults.worker import Plan

_DEATHS = 5  # so often it may take its sender down
_CONNECTIONS = 8
_WORKERS = ("worker-1", "worker-2")


def one_poisoned_row(ground: Ground) -> list[Outcome]:
    messages = ground.size(small=60, full=1000, given=ground.messages)
    poison = ground.chance.randint(1, messages)
    plan = ground.plan(lease=2.0, body_lease=4.0, poison=poison)
    with (
        aiosmtpd_server(ground.new_folder()) as server,
        ground.place(smtp_url=server.url, SMTP_CONNECTIONS=str(_CONNECTIONS)) as place,
    ):
        launch(place.database_url, organizations=messages)
        place.start_beat()
        keeper = _Keeper(place, plan)
        keeper.start()
        delay = place.await_end(seconds=240)
        keeper.end()
        place.end_workers()
        rows = place.rows()
        finding = check(server.taken(), rows)
    bad = next(row for row in rows if row.key == poison)
    also = []
    if bad.state != "failed" or bad.lapses != _DEATHS:
        also.append(f"the poisoned row is {bad.state} after {bad.lapses} lapses")
    if finding.states["sent"] != messages - 1:
        also.append(f"{finding.states['sent']} of {messages - 1} others sent")
    if keeper.deaths != _DEATHS:
        also.append(f"{keeper.deaths} workers died")
    return [
        judged(
            "poisoned-row",
            finding,
            trials=f"1 poisoned of {messages}",
            bound=f"set aside after {_DEATHS} deaths, the other {messages - 1} sent,"
            f" duplicates at most {_CONNECTIONS}, all flagged",
            most_duplicates=_CONNECTIONS,  # of the first death; then it goes alone
            also=tuple(also),
            delay=delay,
            note=f"{keeper.deaths} workers died of it; it ended as {bad.state}: {bad.last_reply}",
        )
    ]


class _Keeper:
    """Starts a worker anew whenever one has died, as a supervisor does."""

    def __init__(self, place: Place, plan: Plan) -> None:
        self._place, self._plan = place, plan
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.deaths = 0

    def start(self) -> None:
        for name in _WORKERS:
            self._place.start_worker(name, plan=self._plan, wait=False)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._over.wait(0.2):
            for name in _WORKERS:
                if not self._place.is_up(name):
                    self._count(name)
                    self._place.start_worker(name, plan=self._plan, wait=False)

    def _count(self, name: str) -> None:
        with suppress(KeyError):
            self.deaths += self._place.running[name].returncode == -signal.SIGKILL


TRIALS = (
    Trial(
        "poisoned-row",
        "Whoever writes the mail of one row dies of it (SIGKILL), and is replaced. After five"
        " deaths the row is set aside; all others go out.",
        one_poisoned_row,
    ),
)
