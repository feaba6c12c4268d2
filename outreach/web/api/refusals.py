"""Each refusal of ours as a problem, in the words of the API: an error's own may name a command,
or what is stored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from outreach.domain.errors import (
    CampaignNotFound,
    ImportRefused,
    MoveRefused,
    OutreachError,
    SlugTaken,
)
from outreach.domain.reminder import SpanRefused
from outreach.localtime import DeadlineRefused
from outreach.services.api_keys import KeyRefused
from outreach.services.apply_brake import TooManyMails, UnexpectedNumber
from outreach.services.create_campaign import SlugRefused
from outreach.services.do_once import KeyReused
from outreach.services.launch_campaign import DeadlineOver, NobodyToInvite
from outreach.services.remind_by_hand import NobodyToRemind
from outreach.services.settle_mails import MailNotFound, NotSettled
from outreach.services.settle_requests import RequestRefused
from outreach.services.settle_review import ReviewRefused
from outreach.statement.source import StatementRefused
from outreach.web.api.problems import (
    RATE_PAUSE,
    Error,
    Invalid,
    NotThere,
    ScopeNeeded,
    TooManyRequests,
    at,
    problem,
    unnamed,
)
from outreach.web.site import Site

Answer = Callable[[Site, Any], Response]

_BY_STATUS: Final = MappingProxyType(
    {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
)


def install_refusals(api: FastAPI) -> None:
    """One answer for each. A surprise is another file's matter."""

    @api.exception_handler(HTTPException)
    async def by_status(request: Request, error: HTTPException) -> Response:
        otherwise = "invalid" if error.status_code < 500 else "failure"
        word = _BY_STATUS.get(error.status_code, otherwise)
        headers = error.headers
        if error.status_code == 405:
            headers = {"allow": ", ".join(_methods_at(request))}
        return problem(_site(request), word, headers=headers)

    @api.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        errors = [_placed(one["loc"], one["msg"]) for one in error.errors()]
        return problem(_site(request), "invalid", errors=errors)

    @api.exception_handler(OutreachError)
    async def refused(request: Request, error: OutreachError) -> Response:
        site, kinds = _site(request), type(error).__mro__
        for kind in kinds:
            if answer := _ANSWERS.get(kind):
                return answer(site, error)
        # Not known here: the state stands in the way, and its own words stay inside.
        known = (_CONFLICTS[kind] for kind in kinds if kind in _CONFLICTS)
        return problem(site, "conflict", detail=next(known, ""))


def _methods_at(request: Request) -> list[str]:
    """All that the address takes: the framework names those of the first route alone."""
    methods: Mapping[str, Iterable[str]] = request.app.state.methods
    return sorted(methods.get(getattr(request.scope.get("route"), "path", ""), ()))


def _key_refused(site: Site, _: KeyRefused) -> Response:
    return problem(site, "unauthorized", headers={"www-authenticate": "Bearer"})


def _scope_needed(site: Site, error: ScopeNeeded) -> Response:
    challenge = f'Bearer error="insufficient_scope", scope="{error.scope}"'
    return problem(
        site,
        "scope-needed",
        detail=f"This needs a key with the scope {error.scope}.",
        headers={"www-authenticate": challenge},
        scope=error.scope,
    )


def _too_many(site: Site, _: TooManyRequests) -> Response:
    return problem(site, "too-many-requests", headers={"retry-after": str(RATE_PAUSE)})


def _no_campaign(site: Site, _: CampaignNotFound) -> Response:
    return problem(site, "not-found", detail="There is no campaign of this name.")


def _not_there(site: Site, _: NotThere | MailNotFound) -> Response:
    return problem(site, "not-found", detail="The campaign has nothing with this number.")


def _other_number(site: Site, error: UnexpectedNumber) -> Response:
    detail = f"{error.people:,} people would be mailed, not {error.expected:,}."
    return problem(site, "unexpected-number", detail=detail, people=error.people)


def _key_reused(site: Site, _: KeyReused) -> Response:
    return problem(site, "key-reused")


def _invalid(site: Site, error: Invalid) -> Response:
    return problem(site, "invalid", errors=list(error.errors))


def _move_refused(site: Site, error: MoveRefused) -> Response:
    detail = f"A campaign that is {error.state} does not take this: {error.event}."
    return problem(site, "conflict", detail=detail)


def _not_settled(site: Site, error: NotSettled) -> Response:
    return problem(site, "conflict", detail=f"This cannot be decided of the mail: {error}.")


def _file_refused(site: Site, error: ImportRefused) -> Response:
    detail = unnamed(f"{error.what}; {error.remedy}")
    return problem(site, "invalid", errors=[{"detail": detail}])


def _statement_refused(site: Site, error: StatementRefused) -> Response:
    errors = [at("#/statement", fault) for fault in error.faults]
    return problem(site, "invalid", errors=errors)


def _in_field(pointer: str) -> Answer:
    def answer(site: Site, error: OutreachError) -> Response:
        return problem(site, "invalid", errors=[at(pointer, str(error))])

    return answer


def _said_by_itself(site: Site, error: RequestRefused | ReviewRefused) -> Response:
    return problem(site, "conflict", detail=f"{str(error)[:1].upper()}{str(error)[1:]}.")


_ANSWERS: Final[Mapping[type, Answer]] = MappingProxyType(
    {
        KeyRefused: _key_refused,
        ScopeNeeded: _scope_needed,
        TooManyRequests: _too_many,
        CampaignNotFound: _no_campaign,
        NotThere: _not_there,
        MailNotFound: _not_there,
        UnexpectedNumber: _other_number,
        KeyReused: _key_reused,
        Invalid: _invalid,
        MoveRefused: _move_refused,
        NotSettled: _not_settled,
        RequestRefused: _said_by_itself,
        ReviewRefused: _said_by_itself,
        ImportRefused: _file_refused,
        StatementRefused: _statement_refused,
        DeadlineRefused: _in_field("#/deadline"),
        SlugRefused: _in_field("#/slug"),
        SpanRefused: _in_field("#/remind"),
    }
)
_CONFLICTS: Final[Mapping[type, str]] = MappingProxyType(
    {
        SlugTaken: "Another campaign has this short name.",
        DeadlineOver: "The deadline has passed; extend it first.",
        NobodyToInvite: "Nobody is left to invite: import partners first.",
        NobodyToRemind: "Nobody is left to remind: all have answered, or had a mail too short ago.",
        TooManyMails: "More mails would go out than there are people to ask. Nobody was mailed.",
    }
)


def _placed(loc: Sequence[Any], message: str) -> Error:
    where, *path = loc or ("body",)
    if where == "body":
        return at("#" + "".join(f"/{_escaped(part)}" for part in path), message)
    return {"detail": message, "parameter": ".".join(str(part) for part in path)}


def _escaped(part: Any) -> str:
    """RFC 6901."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site
