"""``outreach messages``: what waits for a person's decision."""

import json
from typing import Annotated

import typer

from outreach.cli.assembled import assembled, require_the_stacks_way_out
from outreach.domain.coordinator import COMMAND_LINE
from outreach.domain.errors import Refused
from outreach.domain.message import MessageState

app = typer.Typer(
    no_args_is_help=True, help="Mails that failed or are in doubt, and what becomes of them."
)

Slug = Annotated[str, typer.Argument(metavar="S", help="The campaign's short name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a script.")]


@app.command()
def uncertain(slug: Slug, as_json: AsJson = False) -> None:
    """List mails of which nobody knows whether they arrived: the server never confirmed them.

    Ask the organization, then `outreach messages settle NUMBER --arrived` or `--again`.
    """
    _list(slug, MessageState.UNCERTAIN, as_json=as_json)


@app.command()
def failed(slug: Slug, as_json: AsJson = False) -> None:
    """List mails that a server refused for good, with its words.

    When the cause is mended: `outreach messages settle NUMBER --again`; where there is nothing to
    do: `--seen`.
    """
    _list(slug, MessageState.FAILED, as_json=as_json)


@app.command()
def settle(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As the lists number it.")],
    arrived: Annotated[bool, typer.Option("--arrived", help="It did arrive.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send it once more.")] = False,
    seen: Annotated[bool, typer.Option("--seen", help="It failed, and nothing is to do.")] = False,
) -> None:
    """Decide about one mail: it arrived, it goes again with the same Message-ID, or nothing is to
    be done."""
    from outreach.services.settle_message import send_again, set_aside, settle_as_arrived

    if arrived + again + seen != 1:
        raise Refused("say one of --arrived, --again and --seen")
    outreach = assembled()
    if again:
        require_the_stacks_way_out(outreach)
    act = settle_as_arrived if arrived else send_again if again else set_aside
    with outreach.database.transaction() as session:
        act(session, message_pk=number, by=COMMAND_LINE, now=outreach.clock())
    if again:
        outreach.ring_bell()
    then = "is marked as sent" if arrived else "is queued again" if again else "is set aside"
    typer.echo(f"Message {number} {then}.")


def _list(slug: str, state: MessageState, *, as_json: bool) -> None:
    from dataclasses import asdict

    from outreach.cli.wording import shown, wrapped
    from outreach.services.settle_message import list_unsettled

    outreach = assembled()
    with outreach.database.reading() as session:
        found = list_unsettled(session, slug=slug, state=state)
    if as_json:
        rows = [{**asdict(item), "since": item.since.isoformat()} for item in found]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for item in found:
        again = ", sent twice" if item.repeats else ""
        typer.echo(f"{item.id}  {item.kind.replace('_', ' ')} to {shown(item.address)}{again}")
        typer.echo(wrapped(f"for {shown(item.organization)}: {shown(item.words)}", indent=4))
    if not found:
        typer.echo(f"No {state.value} message waits for you.")
