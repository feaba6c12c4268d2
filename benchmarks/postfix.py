"""Postfix's ``smtp-sink`` and ``smtp-source``: the machine's own, else unpacked into our folder.

Never installed: the package would start a mail server on machines that start services.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import Failed, clean_environment, run

_WHAT_TO_DO = "smtp-sink is not on this machine: install postfix, without letting its server run"


@dataclass(frozen=True)
class Postfix:
    """Where the two programs are, and what their environment needs."""

    sink: str
    source: str
    environment: dict[str, str] = field(default_factory=dict)


def find_postfix(folder: Path) -> Postfix:
    """Raises Failed, which says what to install."""
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    sink, source = shutil.which("smtp-sink", path=places), shutil.which("smtp-source", path=places)
    if sink and source:
        return Postfix(sink, source)
    unpacked = folder / "postfix"
    if not (unpacked / "usr/sbin/smtp-sink").exists():
        _unpack(unpacked)
    libraries = {"LD_LIBRARY_PATH": str(unpacked / "usr/lib/postfix")}
    return Postfix(
        str(unpacked / "usr/sbin/smtp-sink"), str(unpacked / "usr/sbin/smtp-source"), libraries
    )


def _unpack(folder: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Failed(_WHAT_TO_DO)
    folder.mkdir(parents=True, exist_ok=True)
    env = clean_environment()
    try:
        try:
            run(["apt-get", "download", "-qq", "postfix"], env=env, cwd=folder, seconds=120)
        except Failed:  # an empty list of packages, as in a fresh container
            run(["apt-get", "update", "-qq"], env=env, cwd=folder, seconds=300)
            run(["apt-get", "download", "-qq", "postfix"], env=env, cwd=folder, seconds=120)
        package = next(folder.glob("postfix_*.deb"))
        run(["dpkg-deb", "--extract", str(package), str(folder)], env=env, cwd=folder, seconds=60)
    except (Failed, StopIteration) as error:
        raise Failed(f"{_WHAT_TO_DO} ({error})") from None
