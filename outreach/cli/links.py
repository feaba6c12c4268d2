"""``outreach links``: personal links that may be in other hands."""

from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.asking import require_yes
from outreach.cli.assembled import assembled, require_the_stacks_way_out
from outreach.cli.campaign import Expect, Slug, Yes
from outreach.cli.naming import require_organization
from outreach.cli.wording import counted, shown
from outreach.domain.coordinator import COMMAND_LINE

if TYPE_CHECKING:
    from outreach.store.audience import Audience
    from outreach.wiring import Outreach

app = typer.Typer(
    no_args_is_help=True, help="End personal links that may be in other hands, or send new ones."
)

Organization = Annotated[
    str, typer.Option(metavar="NAME", help="Whose links; its name, in any case and spacing.")
]


@app.command()
def revoke(slug: Slug, organization: Organization, yes: Yes = False) -> None:
    """End the links of one organization at once. What it has answered stands.

    Nobody is mailed. Next: `outreach links reissue S --organization NAME`.
    """
    from outreach.services.revoke_links import count_links, revoke_links

    outreach = assembled()
    organization_id = _organization(outreach, slug, organization)
    if not yes:
        with outreach.database.reading() as session:
            many = count_links(session, slug=slug, organization_id=organization_id)
        people = counted(many, "person", "people")
        require_yes(f"End the links of {people} at '{shown(organization)}' now? Nobody is mailed.")
    with outreach.database.transaction() as session:
        ended = revoke_links(
            session,
            slug=slug,
            organization_id=organization_id,
            by=COMMAND_LINE,
            now=outreach.clock(),
        )
    typer.echo(f"{counted(ended, 'link')} of '{shown(organization)}' ended.")
    typer.echo(f"Next, for new ones: outreach links reissue {slug} --organization NAME")


@app.command()
def reissue(
    slug: Slug, organization: Organization = "", yes: Yes = False, expect: Expect = None
) -> None:
    """Replace the links of a campaign, or of one organization, and mail the new ones.

    Who has not answered gets a mail that asks, who has answered another receipt. The old links end
    at once. Says how many people will be mailed, and asks first.
    """
    from outreach.services.reissue_links import count_new_links, reissue_links

    outreach = assembled()
    require_the_stacks_way_out(outreach)
    organization_id = _organization(outreach, slug, organization) if organization else None
    if not yes and expect is None:
        with outreach.database.reading() as session:
            audience = count_new_links(
                session, slug=slug, organization_id=organization_id, now=outreach.clock()
            )
        expect = _agree(audience, captured=outreach.settings.captures_mail)
    with outreach.database.transaction() as session:
        done = reissue_links(
            session,
            slug=slug,
            organization_id=organization_id,
            expected=expect,
            mail_domain=outreach.mail_domain,
            by=COMMAND_LINE,
            now=outreach.clock(),
        )
    outreach.ring_bell()
    links = counted(done.people + done.skipped, "link")
    typer.echo(f"{links} of '{slug}' replaced; {counted(done.people, 'person', 'people')} mailed.")
    typer.echo(f"Next: outreach status {slug}")


def _agree(audience: "Audience", *, captured: bool) -> int | None:
    """How many people somebody has agreed to mail; None where there is no link to replace, because
    the service will say so."""
    if not audience.people and not audience.skipped:
        return None
    people = counted(audience.people, "person", "people")
    whom = f"{people} of {counted(audience.organizations, 'organization')}"
    where = " (captured by the embedded mailbox)" if captured else ""
    lose = counted(audience.skipped, "more loses its link and gets", "more lose theirs and get")
    skipped = f" {lose} no mail." if audience.skipped else ""
    require_yes(
        f"Mail a new link to {whom} now{where}? The old ones end.{skipped}",
        otherwise=f"Say --expect {audience.people} to mean exactly them, or --yes.",
    )
    return audience.people


def _organization(outreach: "Outreach", slug: str, name: str) -> int:
    with outreach.database.reading() as session:
        return require_organization(session, name, slug=slug).id or 0
