"""How a campaign's partners read on a terminal: a block for each organization."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from outreach.cli.wording import counted, moment_in, shown, wrapped

if TYPE_CHECKING:
    from outreach.services.list_partners import ListedContact, ListedOrganization, PartnerList
    from outreach.store.standing import LastMessage


_SEEN_BY = {"addressee": "the addressee only", "counted": "nobody, counted without it"}


def partners_json(report: "PartnerList") -> list[dict[str, Any]]:
    """For a script; instants are still datetimes."""
    return [asdict(one) for one in report.organizations]


def print_partners(report: "PartnerList") -> None:
    """Names and addresses are never broken, so that they can be searched for and copied."""
    for one in report.organizations:
        _print_organization(one, zone=report.zone)
    contacts = sum(len(one.contacts) for one in report.organizations)
    of_all = f" of {report.total:,}" if len(report.organizations) < report.total else ""
    organizations = counted(len(report.organizations), "organization")
    typer.echo(f"{organizations}{of_all}, {counted(contacts, 'contact')}.")
    typer.echo(f"Times are those of {report.zone}.")


def _print_organization(one: "ListedOrganization", *, zone: str) -> None:
    country = f" ({shown(one.country)})" if one.country else ""
    typer.echo(f"{shown(one.name)}{country}")
    for line in _standing(one, zone=zone):
        typer.echo(wrapped(shown(line), indent=2))
    for contact in one.contacts:
        _print_contact(contact, zone=zone)
    typer.echo()


def _standing(one: "ListedOrganization", *, zone: str) -> Iterator[str]:
    when = f" on {moment_in(zone, one.answered_at)}" if one.answered_at else ""
    signer = f" by {one.signer_name}, {one.capacity}".rstrip(", ") if one.signer_name else ""
    yield f"{one.state}{when}{signer}"
    if one.decides_on:
        yield f"decides on: {one.decides_on.isoformat()}"
    if one.credit_line and one.credit_line != one.name:
        yield f"credited as: {one.credit_line}"
    if one.privacy in _SEEN_BY:
        yield f"name seen by: {_SEEN_BY[one.privacy]}"
    if one.sort_name and one.sort_name != one.name:
        yield f"listed by: {one.sort_name}"
    if one.reason:
        yield f"reason: {' '.join(one.reason.split())}"


def _print_contact(contact: "ListedContact", *, zone: str) -> None:
    name = f"{contact.name} " if contact.name else ""
    typer.echo(f"    {shown(name)}<{shown(contact.email)}>")
    typer.echo(f"      {contact.role}, {contact.language}, {contact.zone}")
    if contact.last_message:
        for line in _last_message(contact.last_message, zone=zone):
            typer.echo(wrapped(shown(line), indent=6))


def _last_message(last: "LastMessage", *, zone: str) -> Iterator[str]:
    state = "put off" if last.is_deferred else last.state
    line = f"{last.kind.replace('_', ' ')} {state} {moment_in(zone, last.at)}"
    if last.is_deferred and last.next_attempt:
        line += f", next attempt {moment_in(zone, last.next_attempt)}"
    yield line
    if last.words:
        yield " ".join(last.words.split())
