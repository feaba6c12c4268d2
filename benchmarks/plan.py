"""How much of everything is measured."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """Sizes of one run. ``brings_peers``: whether peers may be installed for it."""

    messages: int = 5_000
    rounds: int = 5
    scale: tuple[int, ...] = (1_000, 10_000, 100_000)
    paced: int = 2_000
    launched: int = 100_000
    stored: int = 1_000_000
    receipts: int = 20
    page_seconds: float = 3.0
    listed: int = 5_000
    commands: int = 10
    brings_peers: bool = True
    only: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()

    def wants(self, group: str, key: str) -> bool:
        """Whether a row is measured: named by ``only``, by its group or a part of its key, or
        nothing is named; and not among ``skips``."""
        if any(name in key for name in self.skips):
            return False
        return not self.only or any(name == group or name in key for name in self.only)


FULL = Plan()
# For a build server: it shows that the harness and everything it drives still work.
SMALL = Plan(
    messages=200,
    rounds=1,
    scale=(200,),
    paced=100,
    launched=1_000,
    stored=10_000,
    receipts=3,
    page_seconds=1.0,
    commands=2,
    brings_peers=False,
    skips=("window-8", "postgresql-window", "celery-4", "paced-postgresql", "scale"),
)


def choose_plan(
    *, small: bool, messages: int | None, rounds: int | None, only: tuple[str, ...]
) -> Plan:
    plan = replace(SMALL if small else FULL, only=only)
    if messages is not None:
        plan = replace(plan, messages=messages)
    return plan if rounds is None else replace(plan, rounds=rounds)
