"""The three roles of a running service: web, worker and beat."""

from typing import Annotated

import typer

from outreach.cli.assembled import assembled
from outreach.domain.errors import OutreachError


class NoBroker(OutreachError):
    """Worker and beat talk over a broker, and none is known."""

    def __init__(self) -> None:
        super().__init__(
            "no broker: set REDIS_URL, or start everything together with `outreach up`"
        )


class WebNotStarted(OutreachError):
    """The web server could not begin, most often because its port is in use."""

    def __init__(self, *, host: str, port: int) -> None:
        super().__init__(f"the web could not start on {host}:{port}; another --port may be free")


def register(app: typer.Typer) -> None:
    """Mounts the commands of this file."""
    app.command()(web)
    app.command()(worker)
    app.command()(beat)


def web(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    forwarded_allow_ips: Annotated[
        str, typer.Option(help="Proxies whose X-Forwarded-* headers are believed.")
    ] = "127.0.0.1",
) -> None:
    """Serve the pages: the sign page behind each link, and the published statement."""
    import uvicorn

    from outreach.web.app import create_app

    outreach = assembled()
    # The mailbox shows every personal link: for this machine's eyes only.
    mailbox = outreach.settings.captures_mail and host in ("127.0.0.1", "localhost", "::1")
    try:
        uvicorn.run(
            create_app(outreach, mailbox=mailbox),
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            forwarded_allow_ips=forwarded_allow_ips,
            timeout_graceful_shutdown=2,
        )
    except SystemExit as ended:  # uvicorn has logged why, and has exit codes of its own
        raise WebNotStarted(host=host, port=port) from ended


def worker() -> None:
    """Send what is due, when the bell rings and at every sweep."""
    _require_broker()
    from workers.app import app as celery

    celery.worker_main(
        [
            "worker",
            "--pool=threads",
            "--concurrency=4",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )


def beat() -> None:
    """Ring at plain intervals. One is enough; two do no harm."""
    _require_broker()
    from workers.app import app as celery

    celery.start(["beat", "--loglevel=WARNING", "--pidfile="])


def _require_broker() -> None:
    from outreach.settings import load_settings
    from outreach.wiring import build

    if not build(load_settings()).broker_url:
        raise NoBroker
