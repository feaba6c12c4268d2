"""The launch of a large campaign: invitations, links and messages, written and committed.

As a program, ``python -m benchmarks.launching URL``, it launches once and says how long it took.
"""

import json
import sys
import time
from functools import cache, partial

from benchmarks.ground import KINDS, TITLES, Ground
from benchmarks.outbox import SLUG, Person, draft, launch
from benchmarks.processes import clean_environment, module, run
from benchmarks.rows import Group, Readings, Row
from benchmarks.templates import Template, filled
from outreach.store.database import Database


def launch_group(ground: Ground) -> Group:
    many = ground.plan.launched
    rows = [
        Row(
            f"launch-{kind}",
            f"launch of {many:,} contacts, {TITLES[kind]}",
            "the service call and its commit, in a process of its own; the contacts were there",
            {"seconds": "s"},
            partial(_launch, ground, kind, many),
        )
        for kind in KINDS
    ]
    return Group("launch", "Launching", rows)


@cache
def _drafted(ground: Ground, kind: str, many: int) -> Template:
    def fill(database: Database) -> None:
        with database.transaction() as session:
            draft(session, slug=SLUG, people=[Person(number) for number in range(many)])

    return filled(ground, kind, name=f"draft{many}", fill=fill)


def _launch(ground: Ground, kind: str, many: int) -> Readings:
    template = _drafted(ground, kind, many)
    with ground.passing_folder("launch") as folder, template.copied(folder) as url:
        argv = module("benchmarks.launching", url)
        out = run(argv, env=clean_environment(), cwd=folder, seconds=600)
    seconds: float = json.loads(out)["seconds"]
    return {"seconds": seconds}


def main(url: str) -> None:
    database = Database(url)
    with database.engine.connect():
        began = time.perf_counter()
        with database.transaction() as session:
            launch(session, slug=SLUG)
        seconds = time.perf_counter() - began
    database.close()
    sys.stdout.write(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
