"""``outreach up`` and ``outreach demo``: the stack in the foreground, until Ctrl-C."""

from collections.abc import Callable
from datetime import timedelta

from outreach.clock import utc_now
from outreach.demo.broker import LOOPBACK
from outreach.demo.pointers import demo_pointers, up_pointers
from outreach.demo.sample_run import carry_on_or_begin
from outreach.demo.stack import await_door, choose_door, start_stack
from outreach.demo.supervisor import Supervisor, supervise
from outreach.demo.watch import Watch
from outreach.domain.errors import Refused
from outreach.services.report_status import report_status
from outreach.services.set_up_account import offer_first_account, setup_address
from outreach.settings import Settings
from outreach.wiring import Outreach, build

_STEPS_PER_LOOK = 10


class DemoRefused(Refused):
    """A setting points at the real world, which a demo must not touch."""

    def __init__(self, *, name: str) -> None:
        super().__init__(
            f"the demo invites invented people and keeps their mail on this machine, but {name}"
            f" is set: unset {name} for the demo, or use `outreach up` for real work"
        )
        self.name = name


def run_up(settings: Settings, *, host: str, port: int | None, say: Callable[[str], None]) -> None:
    """Returns after Ctrl-C. Raises what the stack raises when it cannot run."""
    with supervise(settings.home, say=say) as supervisor:
        door = choose_door(settings, host=host, port=port, say=say)
        running = start_stack(supervisor, settings, door=door, say=say)
        await_door(supervisor, door)
        say(up_pointers(settings, door, setup=first_setup_link(build(running))))
        while True:
            supervisor.step()
    say("Stopped.")


def run_demo(
    settings: Settings, *, port: int | None, deadline_in: timedelta, say: Callable[[str], None]
) -> None:
    """The stack with a sample campaign that is over after ``deadline_in``. Returns after Ctrl-C.

    Raises DemoRefused where a setting points at the real world.
    """
    _require_embedded(settings)
    if "desk_second_factor" not in settings.model_fields_set:  # nothing needs a telephone
        settings = settings.model_copy(update={"desk_second_factor": "optional"})
    with supervise(settings.home, say=say) as supervisor:
        door = choose_door(settings, host=LOOPBACK, port=port, say=say)
        running = start_stack(supervisor, settings, door=door, say=say)
        outreach = build(running)
        run = carry_on_or_begin(outreach, span=deadline_in, now=utc_now())
        outreach.ring_bell()
        await_door(supervisor, door)
        setup = first_setup_link(outreach)
        say(demo_pointers(running, run, setup=setup, now=utc_now()))
        _watch(supervisor, outreach, slug=run.slug, say=say)
    say("Stopped. `outreach demo` carries on where this ended.")


def first_setup_link(outreach: Outreach) -> str:
    """Where the first coordinator makes the account; empty where somebody was asked in already."""
    with outreach.database.transaction() as session:
        link_id = offer_first_account(session, now=outreach.clock())
    if link_id is None:
        return ""
    return setup_address(outreach.links, link_id, public_url=outreach.public_url)


def _watch(
    supervisor: Supervisor, outreach: Outreach, *, slug: str, say: Callable[[str], None]
) -> None:
    watch = Watch()
    while True:
        with outreach.database.reading() as session:
            report = report_status(session, slug=slug, now=utc_now())
        for line in watch.news(report):
            say(line)
        for _ in range(_STEPS_PER_LOOK):
            supervisor.step()


def _require_embedded(settings: Settings) -> None:
    if not settings.captures_mail:
        raise DemoRefused(name="SMTP_URL")
    if settings.database_url != f"sqlite:///{settings.home / 'outreach.db'}":
        raise DemoRefused(name="DATABASE_URL")
