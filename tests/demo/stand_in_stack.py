"""A supervisor over stand-in programs, run as a process of its own: ``HOME``.

Each program notes its start and its stop in ``HOME/order``, as ``start NAME PID`` and
``stop NAME``; ``worker`` has a grandchild, which notes its PID in ``HOME/grandchild``.
"""

import sys
from pathlib import Path

from outreach.demo.child import Program
from outreach.demo.supervisor import supervise
from outreach.domain.errors import OutreachError

STAND_IN = """
import os, signal, subprocess, sys
name, home = sys.argv[1], sys.argv[2]
def note(line):
    with open(home + "/order", "a") as file:
        file.write(line + "\\n")
def stop(*_):
    note("stop " + name)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
if name == "worker":
    waiting = "import signal; signal.alarm(300); signal.pause()"
    child = subprocess.Popen([sys.executable, "-c", waiting])
    with open(home + "/grandchild", "w") as file:
        file.write(str(child.pid))
note(f"start {name} {os.getpid()}")
while True:
    signal.pause()
"""


def stand_in(name: str, home: Path, *, outlives_others: bool = False) -> Program:
    argv = (sys.executable, "-c", STAND_IN, name, str(home))
    return Program(name, argv, outlives_others=outlives_others)


def main(home: Path) -> int:
    try:
        with supervise(home, say=print) as supervisor:
            supervisor.start(stand_in("broker", home, outlives_others=True))
            supervisor.start(stand_in("worker", home))
            supervisor.start(stand_in("web", home))
            while True:
                supervisor.step()
    except OutreachError as error:
        sys.stdout.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
