"""A disk that fills up under the database in the middle of a bulk, and has space again."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.faults.checker import Finding, check
from tests.faults.database_server import PostgresServer, a_postgres_server
from tests.faults.running import Place, launch
from tests.faults.servers import MailServer, aiosmtpd_server
from tests.faults.trial import SQLITE, Ground, Outcome, Trial, judged
from tests.waiting import let_pass, wait_until

_WORKER = "worker-1"
_MEGABYTE = 2**20
_ROOM = 160  # megabytes: more than the database of the trial ever needs
_STILL = 2.0  # seconds without a mail: nothing goes out any more
_REFILL = 0.5  # and so often it is filled again
_UNLIMITED = resource.RLIM_INFINITY


class Disk(Protocol):
    """Where the database is."""

    def fill(self) -> None: ...

    def free(self) -> None: ...


@dataclass
class SmallDisk:
    """A tmpfs, filled by a file."""

    folder: Path

    def fill(self) -> None:
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (_MEGABYTE, 4096, 64):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)


@dataclass
class Quota:
    """For an ordinary user: the worker's files may not grow any more."""

    place: Place
    database: Path

    def fill(self) -> None:
        wal = Path(f"{self.database}-wal")
        size = min(path.stat().st_size for path in (self.database, wal) if path.exists())
        self._limit(size)

    def free(self) -> None:
        self._limit(_UNLIMITED)

    def _limit(self, size: int) -> None:
        pid = self.place.pid(_WORKER)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, _UNLIMITED))


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Only for root."""
    folder.mkdir(mode=0o711)
    options = f"size={megabytes}m,mode=0711"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _can_mount(ground: Ground) -> bool:
    if os.geteuid() != 0:
        return False
    try:
        with small_disk(ground.folder / "probe", megabytes=1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def full_disk(ground: Ground) -> list[Outcome]:
    mounts = _can_mount(ground)
    if ground.database == SQLITE:
        return [_sqlite(ground, mounts=mounts)]
    if not mounts:
        why = "a small disk for PostgreSQL's data can be mounted by root alone"
        return [Outcome("disk-full", "", skipped=why)]
    return [_postgresql(ground)]


def _sqlite(ground: Ground, *, mounts: bool) -> Outcome:
    url = ground.new_database()
    with ExitStack() as stack:
        disk: Disk | None = None
        if mounts:
            small = stack.enter_context(small_disk(ground.folder / "disk", megabytes=_ROOM))
            shutil.move(url.removeprefix("sqlite:///"), small.folder / "outreach.db")
            url, disk = f"sqlite:///{small.folder}/outreach.db", small
        server = stack.enter_context(aiosmtpd_server(ground.new_folder(), pace=0.05))
        place = stack.enter_context(ground.place(smtp_url=server.url, database_url=url))
        disk = disk or Quota(place, Path(url.removeprefix("sqlite:///")))
        return _fill_again_and_again(ground, place, server, disk, restart=lambda: None)


def _postgresql(ground: Ground) -> Outcome:
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(ground.folder / "disk", megabytes=_ROOM))
        data = disk.folder / "postgres"
        data.mkdir()
        database = stack.enter_context(a_postgres_server(data))
        own = Ground(
            ground.database, ground.small, ground.seed, ground.folder, postgres_url=database.url
        )
        server = stack.enter_context(aiosmtpd_server(ground.new_folder(), pace=0.05))
        url = own.new_database()
        place = stack.enter_context(own.place(smtp_url=server.url, database_url=url))
        return _fill_again_and_again(
            ground, place, server, disk, restart=lambda: _start_again(database)
        )


def _start_again(database: PostgresServer) -> None:
    """PostgreSQL may end itself when it cannot write its log; its supervisor starts it."""
    with suppress(AssertionError):
        wait_until(lambda: database.answers, seconds=5)
    if not database.answers:
        database.stop()
        database.start()


def _fill_again_and_again(
    ground: Ground, place: Place, server: MailServer, disk: Disk, *, restart: Callable[[], None]
) -> Outcome:
    times = ground.size(small=1, full=10, given=ground.kills)
    messages = ground.size(small=800, full=12000, given=ground.messages)
    launch(place.database_url, organizations=messages)
    place.start_worker(_WORKER, plan=ground.plan())
    place.start_beat()
    place.ring()
    stuck = 0
    for number in range(times):
        share = messages * (number + 0.2) / times
        server.await_count(share)
        # Shorter, then longer, than a sender tries again to write a result.
        stuck += _comes_to_a_stop(disk, server, seconds=25 if number % 2 else 2)
        disk.free()
        restart()
    delay = place.await_end(seconds=180 + messages * 0.02)
    alive = place.is_up(_WORKER)
    place.end_workers()
    finding = check(server.taken(), place.rows())
    return _outcome(finding, times=times, stuck=stuck, alive=alive, delay=delay)


def _comes_to_a_stop(disk: Disk, server: MailServer, *, seconds: float) -> bool:
    """Fills it until no mail goes out for a while (not so after a minute: False), and so long
    again; over and over, for a database sets some of its files aside or removes them."""
    seen, since = -1, time.monotonic()

    def is_still() -> bool:
        nonlocal seen, since
        disk.fill()
        if (count := server.count()) != seen:
            seen, since = count, time.monotonic()
        return time.monotonic() - since >= _STILL

    try:
        wait_until(is_still, seconds=60)
    except AssertionError:
        return False
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        disk.fill()
        let_pass(_REFILL)
    return True


def _outcome(finding: Finding, *, times: int, stuck: int, alive: bool, delay: float) -> Outcome:
    also = [] if alive else ["the worker ended"]
    if stuck < times:
        also.append(f"mails ceased {stuck} of {times} times")
    return judged(
        "disk-full",
        finding,
        trials=f"{times} times full, {finding.rows} mails",
        bound=f"no row sent without its mail, recovers, duplicates at most {8 * times}",
        most_duplicates=8 * times,
        also=tuple(also),
        delay=delay,
    )


TRIALS = (
    Trial(
        "disk-full",
        "The file system of the database is filled to its last byte in the middle of a bulk until"
        " no mail goes out any more, and 2 or 25 seconds longer, then freed; PostgreSQL is started"
        " again where it ended itself. Eight connections, each with a mail"
        " in doubt while nothing can be written.",
        full_disk,
    ),
)
