"""What peers share: a program that sends mails first to last, and says how long it took."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.mail import Letter, outreach_letter
from benchmarks.processes import clean_environment, run
from benchmarks.rows import Readings, Row
from benchmarks.sink import counting_sink, timed_sink

_UNITS = {"rate": "messages/s"}


@dataclass(frozen=True)
class Errand:
    """What one run of a peer is about."""

    port: int
    letter: Path
    many: int
    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        return clean_environment(
            BENCH_PORT=str(self.port),
            BENCH_LETTER=str(self.letter),
            BENCH_MANY=str(self.many),
            BENCH_FOLDER=str(self.folder),
            **more,
        )


# Runs an errand and returns the seconds from its first mail to its last.
Runner = Callable[[Errand], float]


def by_program(argv: Sequence[str], **more: str) -> Runner:
    """A program that prints ``{"seconds": …}`` as its last line."""

    def runner(errand: Errand) -> float:
        out = run(
            argv,
            env=errand.environment(**more),
            cwd=errand.folder,
            seconds=60 + errand.many / 20,
        )
        return seconds_of(out)

    return runner


def seconds_of(out: str) -> float:
    facts: Mapping[str, float] = json.loads(out.strip().splitlines()[-1])
    return facts["seconds"]


def peer_row(ground: Ground, runner: Runner, *, key: str, title: str, how: str) -> Row:
    """Sends the plan's messages into a fresh sink; the first run also weighs the peer's mail."""

    @cache
    def fitted() -> Letter:
        return _fitted(ground, outreach_letter(ground), runner)

    def measure() -> Readings:
        return _send(ground, fitted(), runner, many=ground.plan.messages)

    return Row(key, title, how, _UNITS | {"size": "bytes"}, measure)


def _send(ground: Ground, letter: Letter, runner: Runner, *, many: int) -> Readings:
    with (
        ground.passing_folder("peer") as folder,
        counting_sink(ground.postfix, folder=folder) as sink,
    ):
        letter.save(folder / "letter.json")
        seconds = runner(Errand(sink.port, folder / "letter.json", many, folder))
        sink.require(many)
    return {"rate": many / seconds, "size": letter.size}


def _fitted(ground: Ground, letter: Letter, runner: Runner) -> Letter:
    """The letter, padded until the peer's mail weighs what Outreach's does; ``size`` is what it
    weighs in the end."""
    lacking = letter.size - _weigh(ground, letter, runner)
    padded = letter.padded(lacking)
    return padded.weighing(_weigh(ground, padded, runner))


def _weigh(ground: Ground, letter: Letter, runner: Runner) -> int:
    with ground.passing_folder("weigh") as folder, timed_sink(folder) as sink:
        letter.save(folder / "letter.json")
        runner(Errand(sink.port, folder / "letter.json", 4, folder))
        sizes = sink.sizes()
    return sum(sizes) // len(sizes)
