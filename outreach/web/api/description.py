"""The API described: OpenAPI 3.1 for programs, and a page of our own for people."""

from functools import cache
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from outreach.domain.api_key import SCOPE_WORDS
from outreach.web.api.problems import KINDS
from outreach.web.api.reading_page import operations_of
from outreach.web.api.responses import REPLAYED
from outreach.web.api.shapes import Problem
from outreach.web.site import CurrentSite

_TAGS: Final = {
    "Key": "What the key that asks may do.",
    "Campaigns": "Efforts with a deadline: listed, shown, made, and filled with partners.",
    "Steering": "Moves of a campaign that mail no list of people.",
    "Mailing": "What mails people. Each act asks for their exact number.",
    "Open door": "Who asks to join without an invitation, and who is admitted.",
    "Organizations": "Who is asked, what they have answered, and the list of signatories.",
    "Reviews": "Where two contacts of one organization have answered differently.",
    "Messages": "What became of each mail, and what a person must decide.",
}
_INTRODUCTION: Final = (
    "The same verbs as the desk and the command line. Times are in UTC. Lists come a page at a"
    " time: ask on with `after` until `next` is null. Errors are problems (RFC 9457). A POST with"
    " an `Idempotency-Key` is done once within a day. No answer link is ever given: whoever has it"
    " could answer in the organization's name."
)


def describe(api: FastAPI, *, path: str) -> None:
    """Adds ``/openapi.json`` and ``/docs`` for all routes that are there. Both are public: they
    say nothing of any campaign."""

    @cache
    def schema(public_url: str) -> dict[str, Any]:
        return _schema(api, server=f"{public_url}{path}")

    @api.get("/openapi.json", include_in_schema=False)
    def openapi(site: CurrentSite) -> Response:
        return JSONResponse(schema(site.outreach.public_url))

    @api.get("/docs", include_in_schema=False)
    def docs(site: CurrentSite) -> Response:
        described = schema(site.outreach.public_url)
        return site.pages.render(
            "api_docs.html",
            introduction=_INTRODUCTION,
            server=described["servers"][0]["url"],
            scopes=SCOPE_WORDS,
            kinds=KINDS,
            tags=_TAGS,
            operations=operations_of(described),
        )


def _schema(api: FastAPI, *, server: str) -> dict[str, Any]:
    described = get_openapi(
        title="Outreach",
        version="1",
        summary="Sign-on campaigns by e-mail",
        description=_INTRODUCTION,
        routes=api.routes,
        servers=[{"url": server}],
        tags=[{"name": name, "description": words} for name, words in _TAGS.items()],
    )
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in described["paths"].values():
        for method, operation in operations.items():
            _tell_of_success(operation, schemas, is_act=method == "post")
    return described


def _tell_of_success(operation: dict[str, Any], schemas: dict[str, Any], *, is_act: bool) -> None:
    """In the words of what is given, instead of the framework's."""
    status = next(iter(one for one in operation["responses"] if one.startswith("2")))
    success = operation["responses"][status]
    answer = success["content"].get("application/json", {}).get("schema", {})
    name = answer.get("$ref", "").rpartition("/")[2]
    if name and success["description"] == "Successful Response":
        success["description"] = schemas[name]["description"]
    if is_act:
        success["headers"] = dict(REPLAYED)
    if status == "201":
        success["headers"]["Location"] = {
            "description": "Where it is.",
            "schema": {"type": "string", "format": "uri"},
        }
