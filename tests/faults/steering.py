"""A running fault proxy, and the trial's hand on it."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.fault import Fault
from tests.faults.servers import start_program
from tests.waiting import wait_until


@dataclass
class Proxy:
    """In front of one server. ``strikes`` fills as its faults hit."""

    port: int
    process: subprocess.Popen[str] = field(repr=False)
    strikes: list[dict[str, object]] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)
    _took: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def arm(self, fault: Fault) -> None:
        """Returns once it is in force."""
        self._order(fault.to_json())

    def clear(self) -> None:
        """From here on every conversation passes as it is."""
        self._order(json.dumps({"clear": True}))

    def _order(self, line: str) -> None:
        before = self._took
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        wait_until(lambda: self._took > before, what="the proxy to take an order")

    def listen(self) -> None:
        """Runs in a thread until the proxy ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            facts = json.loads(line)
            if "struck" in facts:
                self.strikes.append(facts)
            elif "killed" in facts:
                self.killed.append(facts["killed"])
            else:
                self._took += 1


@contextmanager
def fault_proxy(server_port: int, *, seed: int = 1) -> Iterator[Proxy]:
    process = start_program("proxy", str(server_port), "--seed", str(seed), stdin=subprocess.PIPE)
    assert process.stdout
    proxy = Proxy(json.loads(process.stdout.readline())["listening"], process)
    listener = threading.Thread(target=proxy.listen, daemon=True)
    listener.start()
    try:
        yield proxy
    finally:
        process.kill()
        process.wait()
        listener.join(timeout=5)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
