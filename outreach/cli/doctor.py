"""``outreach doctor``: what is configured, what is reachable, what is missing."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from outreach.services.examine import Finding


def register(app: typer.Typer) -> None:
    """Mounts the command of this file."""
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Say what is configured, what is reachable and what is missing. Exit code 1 for trouble."""
    from outreach.services.examine import examine
    from outreach.settings import load_settings
    from outreach.wiring import build

    outreach = build(load_settings())
    findings = examine(
        outreach.settings,
        lambda: outreach.database,
        broker_url=outreach.broker_url,
        smtp_target=outreach.smtp_target,
        public_url=outreach.public_url,
    )
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            _print(finding)
    if any(finding.level == "trouble" for finding in findings):
        raise typer.Exit(1)


def _print(finding: "Finding") -> None:
    marks = {"fine": ("ok     ", "green"), "note": ("note   ", "yellow")}
    mark, colour = marks.get(finding.level, ("TROUBLE", "red"))
    typer.secho(mark, fg=colour, nl=False)
    typer.echo(f"  {finding.part:<10} {finding.text}")
