"""The supervisor's end of the reaper: see reaper.py for what it is there for."""

import os
import select
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from outreach.demo import reaper
from outreach.demo.log import open_log


class Guard:
    """A running reaper and the pipe that keeps it waiting.

    What it ``knows`` is in the pipe before it starts: there is no moment at which it runs and the
    supervisor could die with its programs unknown.
    """

    def __init__(self, run: Path, *, logs: Path, knows: Iterable[str] = ()) -> None:
        ours, self.pipe = os.pipe()
        for line in knows:
            self.tell(line)
        with os.fdopen(open_log(logs / "reaper.log"), "wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, standard library only
                [sys.executable, "-I", "-S", reaper.__file__, run / "reaper.lock"],
                stdin=ours,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        os.close(ours)

    @property
    def is_ready(self) -> bool:
        """Whether it has said so: nothing of an earlier start is left."""
        output = self._process.stdout
        return output is not None and bool(select.select([output], [], [], 0)[0])

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # it was killed: the supervisor will start another
            os.write(self.pipe, f"{line}\n".encode("ascii"))

    def close(self) -> None:
        """Returns when it has ended whatever was left."""
        os.close(self.pipe)
        if not self.is_ready:  # it waits for an earlier one, and has nobody to look after
            self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
