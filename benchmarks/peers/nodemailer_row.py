"""nodemailer with a pool of connections, brought along by npm into our own folder."""

import json
import os
import shutil
from functools import cache, partial
from pathlib import Path

from benchmarks.ground import PEERS, Ground
from benchmarks.peers.peer import Errand, by_program, peer_row
from benchmarks.processes import Failed, clean_environment, run
from benchmarks.rows import NotRun, Row

_FOLDER = PEERS / "nodemailer"
_SCRIPT = Path(__file__).with_name("nodemailer.mjs")
_CONNECTIONS = (8, 5)


def nodemailer_rows(ground: Ground) -> list[Row]:
    return [
        peer_row(
            ground,
            partial(_send, ground, many),
            key=f"nodemailer-{many}",
            title=f"nodemailer, pool: true, {many} connections (no database)",
            how="from its first mail to its last",
        )
        for many in _CONNECTIONS
    ]


def nodemailer_version() -> str:
    package = _FOLDER / "node_modules" / "nodemailer" / "package.json"
    return f"nodemailer {json.loads(package.read_text())['version']}" if package.exists() else ""


def _send(ground: Ground, connections: int, errand: Errand) -> float:
    node = _installed(may_install=ground.plan.brings_peers)
    argv = [node, str(_SCRIPT)]
    runner = by_program(argv, BENCH_MODULES=str(_FOLDER), BENCH_CONNECTIONS=str(connections))
    return runner(errand)


@cache
def _installed(*, may_install: bool) -> str:
    """The path of node, nodemailer being there. Raises NotRun."""
    if not may_install:
        raise NotRun("nothing is installed for a small run")
    if not shutil.which("npm"):
        _bring_node()
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise NotRun("node and npm are not on this machine; install them")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    argv = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(_FOLDER)]
    try:
        run([*argv, "nodemailer"], env=env, cwd=_FOLDER, seconds=180)
    except Failed as error:
        if not nodemailer_version():
            raise NotRun(f"nodemailer could not be installed: {error}") from None
    return node


def _bring_node() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = clean_environment(DEBIAN_FRONTEND="noninteractive")
    argv = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nodejs", "npm"]
    try:
        run(argv, env=env, cwd=PEERS, seconds=600)
    except Failed as error:
        raise NotRun(f"node could not be installed: {error}") from None
