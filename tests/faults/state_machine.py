"""The state machine of tests/services/test_delivery_machine.py, at the size asked for."""

import json
import os
import subprocess
import sys

from tests.faults.servers import ROOT
from tests.faults.trial import SQLITE, Ground, Outcome, Trial

_STEPS = 50
_HOURS = 2


def any_sequence(ground: Ground) -> list[Outcome]:
    runs = ground.size(small=10, full=2000, given=ground.kills)
    tally = ground.folder / "tally.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            "tests/services/test_delivery_machine.py",
        ],
        cwd=ROOT,
        env=os.environ
        | {"MACHINE_RUNS": str(runs), "MACHINE_STEPS": str(_STEPS), "MACHINE_TALLY": str(tally)},
        capture_output=True,
        text=True,
        timeout=_HOURS * 3600,
        check=False,
    )
    counted = json.loads(tally.read_text()) if tally.exists() else {}
    if done.returncode:
        (ground.folder / "state-machine.out").write_text(done.stdout + done.stderr)
        ground.say(done.stdout[-4000:])
    return [
        Outcome(
            "state-machine",
            f"{runs} runs of up to {_STEPS} steps, {counted.pop('steps', 0)} steps in all",
            bound="no invariant broken",
            duplicates=counted.get("second copies", 0),
            flagged=counted.get("second copies", 0),  # or an invariant would have been broken
            note=", ".join(f"{many} {what}" for what, many in sorted(counted.items())),
            broken=() if done.returncode == 0 else ("an invariant, or the machine itself",),
        )
    ]


TRIALS = (
    Trial(
        "state-machine",
        "Sequences that Hypothesis makes up (the same each time), with the real delivery, sweep"
        " and use cases on a real database, and a scripted server in the process: senders start,"
        " stall, die at any commit or with bodies under way, the server says whatever it may or"
        " nothing, people sign, decline, withdraw and unsubscribe, coordinators pause, resume,"
        " extend, close, remind and settle doubts, mails bounce, the clock runs, jumps and goes"
        " back. After each step no message is gone, held or put off too long, or sent more often"
        " than it is flagged for; no body leaves without its mark, or to who must not get it; in"
        " the end each comes to an end.",
        any_sequence,
        databases=(SQLITE,),
    ),
)
