"""Databases that are filled once and copied for each measurement."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground import Ground
from outreach.store.database import Database
from outreach.store.migrate import upgrade_database


@dataclass(frozen=True)
class Template:
    """A filled database that nobody has opened; ``place`` is its file or its name."""

    ground: Ground
    kind: str
    place: str

    @contextmanager
    def copied(self, home: Path) -> Iterator[str]:
        """The URL of a copy, gone after the block."""
        if self.kind == "sqlite":
            yield _copy_file(Path(self.place), home / "outreach.db")
            return
        name = self.ground.numbered(self.place)
        self.ground.on_postgres(f"CREATE DATABASE {name} TEMPLATE {self.place}")
        self.ground.on_postgres("CHECKPOINT")
        try:
            yield f"{self.ground.postgres_url}/{name}"
        finally:
            self.ground.on_postgres(f"DROP DATABASE {name} WITH (FORCE)")


def empty_database(ground: Ground, kind: str, *, name: str) -> Template:
    """An empty one, without tables."""
    if kind == "sqlite":
        return Template(ground, kind, str(ground.new_folder(name) / "template.db"))
    place = ground.numbered(name)
    ground.on_postgres(f"CREATE DATABASE {place}")
    return Template(ground, kind, place)


def url_of(template: Template) -> str:
    if template.kind == "sqlite":
        return f"sqlite:///{template.place}"
    return f"{template.ground.postgres_url}/{template.place}"


def filled(ground: Ground, kind: str, *, name: str, fill: Callable[[Database], None]) -> Template:
    """With Outreach's tables, and what ``fill`` writes into them."""
    template = empty_database(ground, kind, name=name)
    database = Database(url_of(template))
    try:
        upgrade_database(database)
        fill(database)
    finally:
        database.close()
    return template


def _copy_file(source: Path, target: Path) -> str:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:  # its pages are on the disk before anything is measured
        os.fsync(file.fileno())
    return f"sqlite:///{target}"
