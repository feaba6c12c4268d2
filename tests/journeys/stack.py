"""A whole embedded stack in real processes, driven as its users drive it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2

from outreach.mailbox import CapturedMail, list_mails, read_mail
from tests.waiting import wait_until

_FORM = re.compile(r'<form method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Stack:
    """``outreach up`` on a home of its own, and the command line beside it."""

    home: Path
    environment: dict[str, str]
    public_url: str = ""

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "outreach", *arguments],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check:
            assert result.returncode == 0, result.stdout + result.stderr
        return result

    def status(self, slug: str) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.run("status", slug, "--json").stdout)
        return report

    def mails(self) -> list[CapturedMail]:
        folder = self.home / "mailbox"
        return [read_mail(folder, mail.name) for mail in list_mails(folder)]

    def await_mails(
        self, many: int, *, subject: str = "", seconds: float = 30
    ) -> list[CapturedMail]:
        """The mails whose subject begins so, once there are ``many``."""

        def arrived() -> list[CapturedMail]:
            return [mail for mail in self.mails() if mail.subject.startswith(subject)]

        wait_until(
            lambda: len(arrived()) >= many, seconds=seconds, what=f"{many} mails '{subject}'"
        )
        return arrived()


@contextmanager
def running_stack(home: Path, environment: dict[str, str]) -> Iterator[Stack]:
    home.mkdir(exist_ok=True)
    stack = Stack(home, {**environment, "OUTREACH_HOME": str(home)})
    port = _free_port()
    stack.public_url = f"http://127.0.0.1:{port}"
    with (home / "up.out").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "outreach", "up", "--port", str(port)],
            env=stack.environment,
            cwd=home,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: _is_healthy(stack.public_url), seconds=60, what="the web to answer")
        yield stack
    finally:
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=15)
        assert time.monotonic() - began < 6, "Ctrl-C took too long"


def personal_link(mail: CapturedMail) -> str:
    match = re.search(r"https?://\S+/a/\S+", mail.text)
    assert match, mail.text
    return match[0]


def answer(link: str, action: str, fields: dict[str, str]) -> None:
    """Opens the link as a browser does, fills in one form and presses its button."""
    with httpx2.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(link)
        assert page.status_code == 200, page.text
        target, hidden = _form(page.text, action)
        sent = browser.post(
            urljoin(str(page.url), target),
            data=hidden | fields,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert sent.status_code == 200, sent.text


def _form(html: str, action: str) -> tuple[str, dict[str, str]]:
    for address, content in _FORM.findall(html):
        if address.endswith(f"/{action}"):
            return address, {name: unescape(value) for name, value in _HIDDEN.findall(content)}
    raise AssertionError(f"the page has no form '{action}'")


def _is_healthy(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def log_text(home: Path) -> str:
    """All that the processes have logged."""
    return "\n".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in [home / "up.out", *(home / "log").glob("*.log*")]
    )


def broker_bytes(home: Path) -> bytes:
    """All that went through the broker: its append-only files."""
    return b"".join(
        Path(folder, name).read_bytes()
        for folder, _, names in os.walk(home / "broker")
        for name in names
    )
