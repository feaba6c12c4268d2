"""The API's door: a key becomes a Call, which knows what it may do, and does it once."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Header, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from pydantic import BaseModel
from sqlmodel import Session

from outreach.domain.api_key import Scope
from outreach.domain.coordinator import Actor
from outreach.services.api_keys import Caller, KeyRefused, note_use, require_caller
from outreach.services.do_once import Answered, do_once
from outreach.web.api.problems import ScopeNeeded, TooManyRequests
from outreach.web.site import CurrentSite, Site

RATE: Final = "120/minute"

_bearer = HTTPBearer(
    scheme_name="key",
    bearerFormat="outreach_<prefix>_<secret>",
    description="A key made at the desk under Keys, sent as `Authorization: Bearer outreach_…`."
    " It has scopes, and can do no more than the coordinator who made it.",
    auto_error=False,
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="A random word of your own, as a UUID. Sent again within a day with the same"
        " request, nothing is done twice and the first success is answered once more, with the"
        " header `Idempotency-Replayed: true`. A refusal is not kept.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


async def _fingerprint(request: Request) -> str:
    """Of a request that does something. What is no JSON, an uploaded list, adds its own part."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if is_json:
        digest.update(await request.body())
    return digest.hexdigest()


@dataclass(frozen=True)
class Call:
    """One request of a program, let in."""

    site: Site
    caller: Caller
    now: datetime
    fingerprint: str = ""
    idempotency_key: str | None = None

    @property
    def by(self) -> Actor:
        return self.caller.actor

    @property
    def sees_people(self) -> bool:
        """Whether persons' data may be in the answer."""
        return Scope.EXPORT in self.caller.scopes

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.site.outreach.database.reading() as session:
            yield session

    def do(
        self,
        act: Callable[[Session], BaseModel],
        *,
        status: int = 200,
        location: str = "",
        rings: bool = False,
    ) -> Response:
        """One transaction; the answer is built after it. ``rings``: mail may be due now."""
        with self.site.outreach.database.transaction() as session:
            answer = partial(_answer, act, session, status=status, location=location)
            answered = self._once(session, answer) if self.idempotency_key else answer()
        if rings and not answered.repeated:
            self.site.outreach.ring_bell()
        headers = {"location": answered.location} if answered.location else {}
        if answered.repeated:
            headers["idempotency-replayed"] = "true"
        return Response(
            answered.body,
            status_code=answered.status,
            media_type="application/json",
            headers=headers,
        )

    def _once(self, session: Session, answer: Callable[[], Answered]) -> Answered:
        assert self.idempotency_key is not None
        return do_once(
            session,
            api_key_id=self.caller.key_id,
            key=self.idempotency_key,
            fingerprint=self.fingerprint,
            act=answer,
            now=self.now,
        )


def _answer(
    act: Callable[[Session], BaseModel], session: Session, *, status: int, location: str
) -> Answered:
    return Answered(status, act(session).model_dump_json(), location)


def _look(scopes: SecurityScopes, site: CurrentSite, credentials: Credentials) -> Call:
    """Raises KeyRefused, TooManyRequests, ScopeNeeded."""
    if credentials is None:
        raise KeyRefused
    now = site.outreach.clock()
    with site.outreach.database.reading() as session:
        caller = require_caller(session, text=credentials.credentials, now=now)
    if not site.outreach.attempts.allow(RATE, "api", str(caller.key_id)):
        raise TooManyRequests
    for scope in scopes.scopes:
        if scope not in caller.scopes:
            raise ScopeNeeded(scope=scope)
    if caller.wants_use_noted:
        with site.outreach.database.transaction() as session:
            note_use(session, key_id=caller.key_id, now=now)
    return Call(site, caller, now)


async def _act(
    request: Request,
    call: Annotated[Call, Depends(_look)],
    idempotency_key: IdempotencyKey = None,
) -> Call:
    """The body is read where the caller is known and may do this."""
    fingerprint = await _fingerprint(request)
    return replace(call, fingerprint=fingerprint, idempotency_key=idempotency_key)


Calling = Annotated[Call, Security(_look, scopes=[])]
Reading = Annotated[Call, Security(_look, scopes=[Scope.READ])]
Exporting = Annotated[Call, Security(_look, scopes=[Scope.EXPORT])]
Writing = Annotated[Call, Security(_act, scopes=[Scope.WRITE])]
Sending = Annotated[Call, Security(_act, scopes=[Scope.SEND])]
