"""``outreach up``, ``demo`` and ``mailbox``: the embedded stack, in the foreground."""

import sys
from typing import Annotated

import typer

Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="The web's port. [default: 8000, or the next free one]"),
]


def register(app: typer.Typer) -> None:
    """Mounts the commands of this file."""
    app.command()(demo)
    app.command()(up)
    app.command()(mailbox)


def up(
    *,
    host: Annotated[str, typer.Option(help="The address the web listens on.")] = "127.0.0.1",
    port: Port = None,
) -> None:
    """Run everything on this machine: broker, worker, beat and web, until Ctrl-C.

    Nothing has to be set. While SMTP_URL is not set, mail is captured and shown in a mailbox
    page: nothing leaves this machine. Data and logs are in OUTREACH_HOME (default ./var).
    """
    from outreach.demo.start import run_up
    from outreach.settings import load_settings

    run_up(load_settings(), host=host, port=port, say=_say)


def demo(
    *,
    port: Port = None,
    deadline_in: Annotated[
        str, typer.Option(metavar="SPAN", help="How far ahead the sample's deadline lies.")
    ] = "10m",
) -> None:
    """Watch a sample campaign of 47 organizations through, from invitation to publication.

    Starts what `outreach up` starts, with a mailbox in which every mail can be read and its
    links followed. No mail leaves this machine. A second start carries on.
    """
    from outreach.demo.start import run_demo
    from outreach.domain.reminder import parse_span
    from outreach.settings import load_settings

    run_demo(load_settings(), port=port, deadline_in=parse_span(deadline_in), say=_say)


def mailbox(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one and says which.")
    ] = 1025,
) -> None:
    """Run the capturing SMTP server alone: it keeps each mail as a file and delivers none."""
    from outreach.demo.mailbox_server import serve_mailbox
    from outreach.settings import load_settings

    serve_mailbox(load_settings().home / "mailbox", port=port, say=_say)


def _say(text: str) -> None:
    """Prints at once, also into a pipe."""
    typer.echo(text)
    sys.stdout.flush()
