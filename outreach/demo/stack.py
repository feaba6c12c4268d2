"""The embedded stack: broker, migrations, mailbox, worker, beat and web, in this order."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from outreach.demo.broker import LOOPBACK, embedded_broker, is_answering
from outreach.demo.child import Program
from outreach.demo.ports import answers, free_port, is_free, next_free_port, reachable
from outreach.demo.supervisor import Supervisor
from outreach.domain.errors import Refused
from outreach.runtime import keep_port, kept_port, write_runtime
from outreach.settings import Settings

DEFAULT_PORT = 8000
_BROKER_LIMIT, _MAILBOX_LIMIT, _WEB_LIMIT = 20.0, 20.0, 60.0


class PortTaken(Refused):
    """Another program listens on the port that was asked for."""

    def __init__(self, *, port: int) -> None:
        super().__init__(
            f"port {port} is in use by another program, and links in mails may lead there;"
            " free it, or choose another with --port"
        )
        self.port = port


@dataclass(frozen=True)
class Door:
    """Where the web listens, and how people reach it."""

    host: str
    port: int
    public_url: str

    @property
    def is_private(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def is_open(self) -> bool:
        return answers(reachable(self.host), self.port)


def choose_door(
    settings: Settings, *, host: str, port: int | None, say: Callable[[str], None]
) -> Door:
    """The port that was asked for, else the one of the last start, else 8000.

    Only at a first start does it move to the next free one: later, mails hold links to it, which
    would lead to another program. With PUBLIC_URL set a proxy leads to it. Raises PortTaken.
    """
    asked = port or kept_port(settings.home)
    if asked is None and _has_public_url(settings):
        asked = DEFAULT_PORT
    if asked is not None and not is_free(host, asked):
        raise PortTaken(port=asked)
    chosen = asked or next_free_port(host, DEFAULT_PORT)
    if chosen != (asked or DEFAULT_PORT):
        say(f"Port {DEFAULT_PORT} is in use by another program; the web takes {chosen}.")
    keep_port(settings.home, chosen)
    shown = reachable(host)
    local = f"http://[{shown}]:{chosen}" if ":" in shown else f"http://{shown}:{chosen}"
    return Door(host, chosen, settings.public_url if _has_public_url(settings) else local)


def start_stack(
    supervisor: Supervisor, settings: Settings, *, door: Door, say: Callable[[str], None]
) -> Settings:
    """Starts all of it, and returns the settings under which the stack runs.

    The web may still be getting up: await_door waits for it. Raises what Supervisor raises.
    """
    say(f"Starting in {settings.home} (logs in {settings.home / 'log'})")
    redis_url = _start_broker(supervisor, settings)
    env = _environment(settings, redis_url=redis_url, public_url=door.public_url)
    supervisor.run_to_end(_ours("migration", "db", "upgrade", env=env))
    smtp_url = _start_mailbox(supervisor, env) if settings.captures_mail else ""
    embedded = "" if settings.redis_url else redis_url
    write_runtime(settings.home, redis_url=embedded, smtp_url=smtp_url, public_url=door.public_url)
    supervisor.start(_ours("worker", "worker", env=env, grace=1.5))
    supervisor.start(_ours("beat", "beat", env=env, grace=0.5))
    at = ("--host", door.host, "--port", str(door.port))
    supervisor.start(_ours("web", "web", *at, env=env, grace=1.0))
    return settings.model_copy(update={"redis_url": redis_url, "public_url": door.public_url})


def await_door(supervisor: Supervisor, door: Door) -> None:
    """Returns when the web answers. Raises NotReady."""
    supervisor.wait_until(
        lambda: door.is_open,
        limit=_WEB_LIMIT,
        otherwise=f"the web did not open port {door.port}; see log/web.log in the home folder",
    )


def _start_broker(supervisor: Supervisor, settings: Settings) -> str:
    if settings.redis_url:
        return settings.redis_url
    broker = embedded_broker(settings.home)
    supervisor.start(broker.program)
    supervisor.wait_until(
        lambda: is_answering(broker.url),
        limit=_BROKER_LIMIT,
        otherwise="the broker does not answer; see log/broker.log in the home folder. It holds"
        " only doorbells: deleting the folder broker/ loses no mail. Or set REDIS_URL.",
    )
    return broker.url


def _start_mailbox(supervisor: Supervisor, env: dict[str, str]) -> str:
    port = free_port(LOOPBACK)
    supervisor.start(_ours("mailbox", "mailbox", "--port", str(port), env=env, grace=0.5))
    supervisor.wait_until(
        lambda: answers(LOOPBACK, port),
        limit=_MAILBOX_LIMIT,
        otherwise="the mailbox does not answer; see log/mailbox.log in the home folder",
    )
    return f"smtp://{LOOPBACK}:{port}"


def _ours(name: str, *command: str, env: dict[str, str], grace: float = 1.0) -> Program:
    return Program(name, (sys.executable, "-m", "outreach", *command), env=env, grace=grace)


def _environment(settings: Settings, *, redis_url: str, public_url: str) -> dict[str, str]:
    """What the children are told beyond what the operator set. Mail: they read stack.json."""
    env = {"OUTREACH_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
    if not settings.needs_second_factor and not os.environ.get("DESK_SECOND_FACTOR_FILE"):
        env["DESK_SECOND_FACTOR"] = settings.desk_second_factor
    if not settings.redis_url:
        env["REDIS_URL"] = redis_url
    if not _has_public_url(settings):
        env["PUBLIC_URL"] = public_url
    return env


def _has_public_url(settings: Settings) -> bool:
    """Whether the operator chose it, rather than the default."""
    return "public_url" in settings.model_fields_set
