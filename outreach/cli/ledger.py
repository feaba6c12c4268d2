"""``outreach ledger`` and ``outreach receipt``: evidence, taken out and checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.assembled import assembled
from outreach.cli.wording import counted, shown
from outreach.domain.errors import Refused

if TYPE_CHECKING:
    from outreach.ledger.note import VerifierKey

app = typer.Typer(
    no_args_is_help=True, help="The log of every consent: its file, its check, its public key."
)
receipts = typer.Typer(no_args_is_help=True, help="What a signer has in hand.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file to check.")]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="The public key, name+id+key, from where you trust it. May be said more than once.",
    ),
]


@app.command()
def export(
    slug: Annotated[str, typer.Argument(metavar="S", help="The campaign's short name.")],
    output: Annotated[Path, typer.Option(help="The file to write; - for standard output.")],
    with_openings: Annotated[
        bool,
        typer.Option("--with-openings", help="With names and all else that is personal."),
    ] = False,
) -> None:
    """Write the whole ledger as one file that anyone can check. It names nobody.

    Next: `outreach ledger verify FILE`, or verifier/outreach_verify.py on any machine.
    """
    from outreach.cli.operations import write_whole
    from outreach.ledger.export import write_ledger
    from outreach.services.export_ledger import read_ledger_file

    outreach = assembled()
    with outreach.database.reading() as session:
        file = read_ledger_file(
            session, slug=slug, key=outreach.ledger_key, with_openings=with_openings
        )
    text = write_ledger(file)
    if str(output) == "-":
        typer.echo(text, nl=False)
        return
    write_whole(output, text)
    typer.echo(f"Wrote {counted(len(file.events), 'event')} to {output}.", err=True)


@app.command()
def verify(
    file: File,
    key: Keys = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A checkpoint or a receipt that was kept elsewhere. May be said more than once.",
        ),
    ] = None,
) -> None:
    """Check a ledger's file, without any server or database.

    Only against a checkpoint that was kept elsewhere does a changed history show, whoever changed
    it.
    """
    from outreach.ledger.export import check_ledger

    checked = check_ledger(
        _read(file), keys=_parsed(key), outside=[_read(path) for path in checkpoint or ()]
    )
    typer.echo(f"Holds: {counted(checked.size, 'event')} of {shown(checked.log)}.")
    for kind, many in sorted(checked.kinds.items()):
        typer.echo(f"  {kind} {many:,}")
    typer.echo(
        f"{counted(checked.checkpoints, 'checkpoint')} of the file,"
        f" {len(checked.outside)} from elsewhere;"
        f" {checked.opened:,} values shown, {checked.withheld:,} withheld or erased."
    )
    if not key:
        _say_whose_key(*checked.keys)


@app.command("key")
def show_key() -> None:
    """Show the public key that checkpoints are checked with, under each ledger's name.

    Publish it where you publish the list: whoever has it needs nobody to check the evidence.
    """
    from outreach.ledger.note import encoded
    from outreach.store.ledger import list_logs

    outreach = assembled()
    typer.echo(f"Ed25519 public key: {encoded(outreach.ledger_key.public)}")
    with outreach.database.reading() as session:
        logs = list_logs(session)
    for slug, origin in logs:
        typer.echo(f"{slug}  {outreach.ledger_key.verifier(origin)}")


@receipts.command("verify")
def verify_receipt(file: File, key: Keys = None) -> None:
    """Check a receipt, and say what it proves."""
    from outreach.ledger.receipt import check_receipt

    text, keys = _read(file), _parsed(key)
    if len(keys) > 1:
        raise Refused("a receipt is checked with one --key")
    checked = check_receipt(text, key=keys[0] if keys else None)
    event = checked.event
    typer.echo(f"Holds: {event.kind} at {event.at}, event {checked.index} of {shown(event.log)}.")
    typer.echo(f"  statement: SHA-256 {shown(event.statement_sha256)}")
    for one in checked.openings:
        typer.echo(f"  {shown(one.field.replace('_', ' '))}: {shown(one.value)}")
    if checked.withheld:
        typer.echo(f"  not shown: {shown(', '.join(checked.withheld))}")
    if not key:
        _say_whose_key(checked.key)


def _say_whose_key(*keys: "VerifierKey") -> None:
    typer.echo("Checked with the file's own key. Is it the one that you know? Say it with --key:")
    for one in keys:
        typer.echo(f"  {one}")


def _parsed(keys: list[str] | None) -> "list[VerifierKey]":
    from outreach.ledger.note import VerifierKey

    return [VerifierKey.parse(key) for key in keys or ()]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Refused(f"{file} is not text in UTF-8") from None
