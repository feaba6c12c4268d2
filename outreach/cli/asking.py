"""Questions before what cannot be called back; nobody at the terminal is no yes."""

import sys

import typer

from outreach.domain.errors import Refused


def require_yes(question: str, *, otherwise: str = "Say --yes to mean it.") -> None:
    """Asks; a no ends the command with exit code 1. Raises Refused where nobody can answer:
    the question, and what to say ``otherwise``."""
    if not sys.stdin.isatty():
        raise Refused(f"nobody is at the terminal to answer: {question} {otherwise}")
    if not typer.confirm(question):
        raise typer.Exit(1)
