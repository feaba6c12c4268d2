"""django-post_office: queued in the database, sent by ``send_queued_mail``, marked as sent.

Its best setting is looked for first, once for each database, among those that its documentation
names: processes, threads, mails a batch.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.ground import KINDS, PEERS, TITLES, Ground
from benchmarks.mail import Letter, outreach_letter
from benchmarks.peers.peer import seconds_of
from benchmarks.processes import Failed, run
from benchmarks.rows import NotRun, Readings, Row
from benchmarks.sink import Sink, counting_sink, timed_sink
from benchmarks.templates import Template, empty_database, url_of

_FOLDER = PEERS / "post_office"
_PYTHON = _FOLDER / "bin" / "python"
_SCRIPT = Path(__file__).with_name("post_office_project.py")
_PACKAGES = ("django", "django-post-office", "psycopg[binary]")
_TRIED = 1_000


@dataclass(frozen=True)
class Setting:
    processes: int
    threads: int
    batch: int

    @property
    def words(self) -> str:
        return f"{self.processes} × {self.threads} threads, batches of {self.batch:,}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "BENCH_PROCESSES": str(self.processes),
            "BENCH_THREADS": str(self.threads),
            "BENCH_BATCH": str(self.batch),
        }


_SETTINGS = (
    Setting(1, 5, 100),
    Setting(1, 1, 1_000),
    Setting(1, 4, 1_000),
    Setting(2, 1, 1_000),
    Setting(2, 4, 1_000),
    Setting(2, 4, 5_000),
    Setting(4, 4, 5_000),
)


def post_office_rows(ground: Ground, *, say: Callable[[str], None]) -> list[Row]:
    peers = [PostOffice(ground, kind, say) for kind in KINDS]
    return [
        Row(
            f"post-office-{peer.kind}",
            f"django-post_office, {TITLES[peer.kind]}, its best setting",
            "queued in the database beforehand; from the start of send_queued_mail in a running"
            " process to its end, all marked as sent",
            {"rate": "messages/s", "size": "bytes"},
            peer.measure,
        )
        for peer in peers
    ]


@cache
def post_office_versions() -> str:
    if not _PYTHON.exists():
        return ""
    code = (
        "from importlib.metadata import version as v;"
        "print(', '.join(f'{n} {v(n)}' for n in ('django', 'django-post-office')))"
    )
    return run([str(_PYTHON), "-c", code], env={}, cwd=_FOLDER, seconds=30).strip()


@dataclass(eq=False)
class PostOffice:
    """One database's: its queue is written once, and copied for each time it is sent."""

    ground: Ground
    kind: str
    say: Callable[[str], None]

    @cache  # noqa: B019 - as long-lived as the run
    def prepared(self) -> "tuple[Template, Setting, int]":
        """The filled queue, the best setting, what a mail weighs. Raises NotRun."""
        _install(may_install=self.ground.plan.brings_peers)
        letter, size = self._fitted()
        tried = min(_TRIED, self.ground.plan.messages)
        trial = self._filled(letter, tried)
        rates = {one: self._sent(trial, one, many=tried) for one in _SETTINGS}
        best = max(rates, key=lambda one: rates[one])
        for one, rate in rates.items():
            mark = "  <- taken" if one is best else ""
            self.say(f"    post_office, {TITLES[self.kind]}, {one.words}: {rate:,.0f}/s{mark}")
        return self._filled(letter, self.ground.plan.messages), best, size

    def measure(self) -> Readings:
        template, best, size = self.prepared()
        rate = self._sent(template, best, many=self.ground.plan.messages)
        return {"rate": rate, "size": size}

    def _fitted(self) -> tuple[Letter, int]:
        letter = outreach_letter(self.ground)
        padded = letter.padded(letter.size - self._weigh(letter))
        return padded, self._weigh(padded)

    def _weigh(self, letter: Letter) -> int:
        template = self._filled(letter, 4)
        with self.ground.passing_folder("po") as folder, timed_sink(folder) as sink:
            with template.copied(folder) as url:
                self._run("send", url, folder, port=sink.port, more=_SETTINGS[0].environment)
            sizes = sink.sizes()
        return sum(sizes) // len(sizes)

    def _filled(self, letter: Letter, many: int) -> Template:
        template = empty_database(self.ground, self.kind, name=f"po{many}")
        with self.ground.passing_folder("po") as folder:
            letter.save(folder / "letter.json")
            facts = {"BENCH_MANY": str(many), "BENCH_LETTER": str(folder / "letter.json")}
            self._run("fill", url_of(template), folder, port=25, more=facts)
        return template

    def _sent(self, template: Template, setting: Setting, *, many: int) -> float:
        with (
            self.ground.passing_folder("po") as folder,
            counting_sink(self.ground.postfix, folder=folder) as sink,
            template.copied(folder) as url,
        ):
            seconds = self._timed(url, folder, sink, setting)
            sink.require(many)
        return many / seconds

    def _timed(self, url: str, folder: Path, sink: Sink, setting: Setting) -> float:
        out = self._run("send", url, folder, port=sink.port, more=setting.environment)
        return seconds_of(out)

    def _run(
        self, action: str, url: str, folder: Path, *, port: int, more: Mapping[str, str]
    ) -> str:
        env = {
            "PATH": os.environ.get("PATH", ""),
            "BENCH_DATABASE": url,
            "BENCH_FOLDER": str(folder),
            "BENCH_PORT": str(port),
            **more,
        }
        return run([str(_PYTHON), str(_SCRIPT), action], env=env, cwd=folder, seconds=600)


@cache
def _install(*, may_install: bool) -> None:
    """Raises NotRun."""
    if not may_install:
        raise NotRun("nothing is installed for a small run")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    env = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    if uv:
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable]
        into = [uv, "pip", "install", "--quiet", "--python", str(_PYTHON), *_PACKAGES]
    else:
        make = [sys.executable, "-m", "venv"]
        into = [str(_PYTHON), "-m", "pip", "install", "--quiet", *_PACKAGES]
    try:
        for argv in ([*make, str(_FOLDER)], into):
            run(argv, env=env, cwd=PEERS, seconds=300)
    except Failed as error:
        raise NotRun(f"django-post_office could not be installed: {error}") from None
