"""A Django project with post_office, run by path in an environment of its own.

``python post_office_project.py fill|send``: writes the queue, or sends it and says how long that
took. Nothing of Outreach is there: the letter and its marks come as JSON.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_MARKS = ("name", "organization", "address", "link", "unsubscribe")


def main(action: str) -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DATABASES={"default": _database(os.environ["BENCH_DATABASE"])},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(os.environ.get("BENCH_PORT", "25")),
        SECRET_KEY="for-benchmarks-only",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        POST_OFFICE={
            "BATCH_SIZE": int(os.environ.get("BENCH_BATCH", "100")),
            "THREADS_PER_PROCESS": int(os.environ.get("BENCH_THREADS", "5")),
            "BATCH_DELIVERY_TIMEOUT": 900,
        },
    )
    django.setup()
    {"fill": _fill, "send": _send}[action]()


def _fill() -> None:
    from django.core.management import call_command
    from post_office import mail

    call_command("migrate", verbosity=0)
    letter = json.loads(Path(os.environ["BENCH_LETTER"]).read_text(encoding="utf-8"))
    mail.send_many([_queued(letter, number) for number in range(int(os.environ["BENCH_MANY"]))])


def _queued(letter: dict[str, Any], number: int) -> dict[str, Any]:
    values = _personal(number)
    return {
        "sender": "Coalition <sign@example.org>",
        "recipients": f'"{values["name"]}" <{values["address"]}>',
        "subject": letter["subject"],
        "message": _filled(letter["text"], values),
        "html_message": _filled(letter["html"], values),
        "headers": {
            "Reply-To": "coordinator@coalition.example",
            "Auto-Submitted": "auto-generated",
            "Content-Language": "en",
            "List-Unsubscribe": f"<{values['unsubscribe']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    }


def _send() -> None:
    from django.core.management import call_command

    began = time.perf_counter()
    call_command(
        "send_queued_mail",
        processes=int(os.environ["BENCH_PROCESSES"]),
        lockfile=str(Path(os.environ["BENCH_FOLDER"], "lock")),
        log_level=1,  # of what fails alone: fewer rows than its default writes
    )
    seconds = time.perf_counter() - began
    sys.stdout.write("\n" + json.dumps({"seconds": seconds, "sent": _count_sent()}))


def _count_sent() -> int:
    from post_office.models import STATUS, Email

    many: int = Email.objects.filter(status=STATUS.sent).count()
    return many


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path.removeprefix("/"),
            "OPTIONS": {  # as Outreach has it, and as Django's own advice is for writers
                "transaction_mode": "IMMEDIATE",
                "timeout": 15,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "HOST": parts.hostname,
        "PORT": parts.port,
        "USER": parts.username,
        "PASSWORD": parts.password,
    }


def _personal(number: int) -> dict[str, str]:
    token = hashlib.sha256(str(number).encode()).hexdigest() + "0123456789ab"
    return {
        "name": f"Ada Example {number:06}",
        "organization": f"Organization {number:06}",
        "address": f"ada@o{number:06}.example",
        "link": f"https://sign.example.org/a/{token}",
        "unsubscribe": f"https://sign.example.org/u/{token}",
    }


def _filled(words: str, values: dict[str, str]) -> str:
    for mark in _MARKS:
        words = words.replace(f"@{mark}@", values[mark])
    return words


if __name__ == "__main__":
    main(sys.argv[1])
