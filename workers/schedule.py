"""How often beat rings. Plain intervals, never crontab: those skip and repeat hours when clocks
change. Each ring expires before the next, so that none pile up while no worker listens."""

from typing import Any

SWEEP_SECONDS = 5.0

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "workers.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
}
