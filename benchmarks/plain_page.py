"""What people would write instead: FastAPI, a Jinja2 template, one SQLite query, ``async def``.

Served by uvicorn as the product is. ``raw`` is the least that ASGI can do: where the client can
ask for that often enough, it is not the client that is measured.
"""

import os
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import DictLoader, Environment

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<link rel="stylesheet" href="/static/site.css"></head>
<body><header><p>{{ occasion }}</p></header>
<main><h1>{{ title }}</h1>
{% for paragraph in paragraphs %}
<p>{{ paragraph }}</p>
{% endfor %}
<form method="post" action="/answer/sign">
{% for name in ("credit_line", "sort_name", "signer_name", "capacity") %}
<label for="{{ name }}">{{ name }}</label><input id="{{ name }}" name="{{ name }}" value="">
{% endfor %}
<button>Sign</button></form></main>
<footer><p>Questions? Write to {{ coordinator }}.</p></footer></body></html>
"""
_WORDS = "Human rights must not be set aside for the sake of a visit. " * 5


def fill_pages(path: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE page (slug TEXT PRIMARY KEY, title, occasion, body, who)")
        row = ("plain", "Joint statement", "visit", "\n".join([_WORDS] * 8), "a@coalition.example")
        database.execute("INSERT INTO page VALUES (?, ?, ?, ?, ?)", row)
    database.close()


def create_app() -> FastAPI:
    app = FastAPI(openapi_url=None)
    database = sqlite3.connect(os.environ["BENCH_PAGES"], check_same_thread=False)
    template = Environment(loader=DictLoader({"page": _PAGE}), autoescape=True).get_template("page")

    @app.get("/page/{slug}")
    async def page(slug: str) -> HTMLResponse:
        query = "SELECT title, occasion, body, who FROM page WHERE slug = ?"
        title, occasion, body, who = database.execute(query, (slug,)).fetchone()
        return HTMLResponse(
            template.render(
                title=title, occasion=occasion, paragraphs=body.split("\n"), coordinator=who
            )
        )

    return app


async def raw(
    scope: MutableMapping[str, Any],
    _receive: Callable[[], Awaitable[Any]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] == "http":
        headers = [(b"content-length", b"2"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})
