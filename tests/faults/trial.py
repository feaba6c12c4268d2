"""What a trial is given, and what it hands back."""

import random
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from outreach.store.database import Database
from outreach.store.migrate import upgrade_database
from tests.faults.checker import Finding
from tests.faults.running import Place, a_place
from tests.faults.worker import Plan

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Outcome:
    """One line of the report. ``trials`` is the number beside each zero; ``broken`` says which
    bounds did not hold, empty where all did; ``skipped`` why there was nothing to judge."""

    name: str
    trials: str
    bound: str = ""
    lost: int = 0
    duplicates: int = 0
    flagged: int = 0
    uncertain: int = 0
    delay: float | None = None
    note: str = ""
    broken: tuple[str, ...] = ()
    skipped: str = ""
    database: str = ""
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        return not self.broken

    @property
    def verdict(self) -> str:
        if self.skipped:
            return f"not run: {self.skipped}"
        return "held" if self.held else f"BROKEN: {'; '.join(self.broken)}"


def judged(
    name: str,
    finding: Finding,
    *,
    trials: str,
    bound: str,
    most_duplicates: int,
    also: tuple[str, ...] = (),
    delay: float | None = None,
    note: str = "",
) -> Outcome:
    """The checker's finding against the bound; ``also`` are what else the trial saw broken."""
    broken = [*finding.faults, *also]
    if finding.duplicates > most_duplicates:
        broken.append(f"{finding.duplicates} duplicates, at most {most_duplicates} allowed")
    return Outcome(
        name,
        trials,
        bound,
        lost=len(finding.lost) + len(finding.unended),
        duplicates=finding.duplicates,
        flagged=finding.flagged,
        uncertain=finding.uncertain,
        delay=delay,
        note=note,
        broken=tuple(broken),
    )


@dataclass
class Ground:
    """For one trial on one database. Everything that it leaves is under ``folder``."""

    database: str
    small: bool
    seed: int
    folder: Path
    postgres_url: str = ""
    messages: int = 0
    kills: int = 0
    say: Callable[[str], None] = print
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.folder.name}")  # noqa: S311 - repeatable
        self.folder.mkdir(parents=True, exist_ok=True)

    def size(self, *, small: int, full: int, given: int = 0) -> int:
        """``given`` by the command line, else by the size of the run."""
        return given or (small if self.small else full)

    def plan(self, **changes: Any) -> Plan:
        """For the stand-in worker: leases that can be waited for, shorter at the small size."""
        lease, body_lease = (3.0, 5.0) if self.small else (6.0, 10.0)
        return Plan(**({"lease": lease, "body_lease": body_lease} | changes))

    def new_folder(self) -> Path:
        """An empty one, for a server."""
        folder = self.folder / f"part-{secrets.token_hex(3)}"
        folder.mkdir(mode=0o711)
        return folder

    def new_database(self) -> str:
        """The URL of an empty, migrated database of this kind."""
        name = f"trial_{secrets.token_hex(4)}"
        if self.database == SQLITE:
            template = self.folder.parent / "template.db"
            with _making_template:
                if not template.exists():
                    _upgrade(f"sqlite:///{template}")
            path = self.folder / f"{name}.db"
            shutil.copy(template, path)
            return f"sqlite:///{path}"
        with psycopg.connect(f"{self.postgres_url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        url = f"{self.postgres_url}/{name}"
        _upgrade(url)
        return url

    @contextmanager
    def place(self, *, smtp_url: str, database_url: str = "", **settings: str) -> Iterator[Place]:
        """A broker that runs, and a fresh database; SMTP_CONNECTIONS and the like as settings."""
        folder = self.folder / f"place-{secrets.token_hex(3)}"
        url = database_url or self.new_database()
        oftener = {"FAULTS_SWEEP": "1"} if self.small else {}
        with a_place(folder, url, SMTP_URL=smtp_url, **(oftener | settings)) as place:
            yield place


_upgrading = threading.Lock()  # Alembic's state is global
_making_template = threading.Lock()


def _upgrade(url: str) -> None:
    database = Database(url)
    with _upgrading:
        upgrade_database(database)
    database.close()


@dataclass(frozen=True)
class Trial:
    """``sentence`` says in the report what it does; ``run`` may hand back several outcomes."""

    name: str
    sentence: str
    run: Callable[[Ground], list[Outcome]]
    databases: tuple[str, ...] = (SQLITE, POSTGRESQL)
