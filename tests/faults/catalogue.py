"""All trials, in the order in which they run."""

from tests.faults.trial import Trial


def all_trials() -> tuple[Trial, ...]:
    from tests.faults import (
        broker_deaths,
        crowd,
        database_deaths,
        disk_full,
        domain_limits,
        failpoints,
        poisoned,
        smtp_faults,
        state_machine,
        worker_deaths,
    )

    return (
        *worker_deaths.TRIALS,
        *failpoints.TRIALS,
        *poisoned.TRIALS,
        *disk_full.TRIALS,
        *smtp_faults.TRIALS,
        *broker_deaths.TRIALS,
        *database_deaths.TRIALS,
        *crowd.TRIALS,
        *domain_limits.TRIALS,
        *state_machine.TRIALS,
    )
