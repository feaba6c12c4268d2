"""The command line as its users run it: in this process through main(), or as a real process."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from typer.testing import CliRunner

from outreach.cli.main import main

STATEMENT = """---
title: Joint statement on the visit
addressee: Secretary of State Jane Doe
occasion: visit to Examplia
occasion_date: 2099-12-24
reply_to: coordinator@coalition.example
---
Human rights *must not* be set aside.
"""
PARTNERS = "organization,contact_name,email\n" + "".join(
    f"Organization {number:02},Ada,ada@o{number:02}.example\n" for number in range(20)
)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def run(*arguments: str, answers: str = "") -> Ended:
    """Runs ``outreach ARGUMENTS`` in this process, ``answers`` typed at its questions; without
    them nobody is at the terminal."""
    with CliRunner().isolation(input=answers) as (out, err, _):
        terminal = mock.patch.object(sys.stdin, "isatty", return_value=bool(answers))
        with terminal, mock.patch.object(sys, "argv", ["outreach", *arguments]):
            code = _exit_code()
        return Ended(code, out.getvalue().decode(), err.getvalue().decode())


def _exit_code() -> int:
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    return 0


def start(
    *arguments: str, environment: dict[str, str], folder: Path, **settings: str
) -> subprocess.Popen[str]:
    """A real process, with ``folder`` as its home and the ``settings`` given."""
    return subprocess.Popen(
        [sys.executable, "-m", "outreach", *arguments],
        env={**environment, "PYTHONPATH": _root(), "OUTREACH_HOME": str(folder), **settings},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str], *, seconds: float = 60) -> Ended:
    """Waits until it ends by itself; ends it, by its id, where it does not."""
    try:
        out, err = process.communicate(timeout=seconds)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err)


def run_process(
    *arguments: str, environment: dict[str, str], folder: Path, **settings: str
) -> Ended:
    return end(start(*arguments, environment=environment, folder=folder, **settings))


def _root() -> str:
    return os.fspath(Path(__file__).parent.parent.parent)
