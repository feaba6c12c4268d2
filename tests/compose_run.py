"""Runs the services of compose.yaml as processes, where no container engine is at hand.

Command, environment, secrets and health checks are those of the file. What an engine's namespaces
would do is done by renaming: a service's host and port become a loopback port, /run/secrets and
/var/lib/outreach become folders of that container's own.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from outreach.demo.broker import find_server
from outreach.demo.ports import answers, free_port
from tests.compose_file import Compose, Service, image_settings
from tests.waiting import wait_until

_OUTREACH = (sys.executable, "-m", "outreach")  # the image's entry point


@dataclass
class Machine:
    """``project`` is the folder in which the operator has made the secrets."""

    compose: Compose
    project: Path
    folder: Path
    ports: Mapping[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        service = self.compose.service(name)
        self._start(name, self._argv(service, service.command), self._environment(service))

    def start_mail_server(self) -> None:
        """In mailpit's place: a real SMTP server that keeps each mail as a file."""
        argv = [*_OUTREACH, "mailbox", "--port", str(self.ports["mailpit"])]
        self._start("mailpit", argv, _path() | {"OUTREACH_HOME": str(self.home("mailpit"))})
        wait_until(lambda: answers("127.0.0.1", self.ports["mailpit"]), what="the mail server")

    def run(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """As `docker compose run --rm NAME [COMMAND]`."""
        service = self.compose.service(name)
        return subprocess.run(
            self._argv(service, list(command) or service.command),
            env=self._environment(service),
            cwd=self.home(name),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def is_healthy(self, name: str) -> bool:
        """Runs the health check once, as written."""
        service = self.compose.service(name)
        checked = subprocess.run(
            [self._renamed(word, service) for word in service.health_command],
            env=self._environment(service),
            cwd=self.home(name),
            capture_output=True,
            timeout=10,
            check=False,
        )
        return checked.returncode == 0

    def stop(self, name: str) -> int:
        """As `docker compose stop`: asks, waits, and gives the exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def stop_all(self) -> None:
        while self.running:
            _, process = self.running.popitem()
            process.kill()
            process.wait(timeout=10)

    def home(self, name: str) -> Path:
        """What it sees of the volume, with its own signs of life."""
        return _made(self.folder / name / "home")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _start(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                argv,
                env=environment,
                cwd=self.home(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _argv(self, service: Service, command: list[str]) -> list[str]:
        words = [self._renamed(word, service) for word in command]
        if service.name == "redis":
            assert words[0] == "valkey-server"
            at = ["--bind", "127.0.0.1", "--port", str(self.ports["redis"])]
            return [str(find_server()), *words[1:], *at]
        return [*_OUTREACH, *words]

    def _environment(self, service: Service) -> dict[str, str]:
        """The image's and the service's own; of this machine nothing but the search path."""
        inside = image_settings() | service.environment | _path()
        return {name: self._renamed(value, service) for name, value in inside.items()}

    def _renamed(self, word: str, service: Service) -> str:
        if service.name == "web":
            web = str(self.ports["web"])
            word = {"0.0.0.0": "127.0.0.1", "8000": web}.get(word, word)
            word = word.replace("127.0.0.1:8000", f"127.0.0.1:{web}")
        word = word.replace("/var/lib/outreach", str(self.home(service.name)))
        return word.replace("/run/secrets", str(self._secrets(service)))

    def _secrets(self, service: Service) -> Path:
        """What the container sees of the secrets: those that its service names, and no others."""
        folder = _made(self.folder / service.name / "secrets")
        for name in set(service.secrets) - {path.name for path in folder.iterdir()}:
            text = (self.project / self.compose.secret_file(name)).read_text()
            for host in ("postgres:5432", "redis:6379", "mailpit:1025"):
                text = text.replace(host, f"127.0.0.1:{self.ports[host.split(':')[0]]}")
            (folder / name).write_text(text)
        return folder


@contextmanager
def a_machine(compose: Compose, *, project: Path, folder: Path, postgres: int) -> Iterator[Machine]:
    """Nothing runs on it at first, and nothing of it runs after. PostgreSQL is a guest on it."""
    web = int(compose.service("web").environment["PUBLIC_URL"].rpartition(":")[2])
    ports = {"web": web, "redis": free_port(), "mailpit": free_port(), "postgres": postgres}
    machine = Machine(compose, project, folder, ports)
    try:
        yield machine
    finally:
        machine.stop_all()


def _path() -> dict[str, str]:
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
