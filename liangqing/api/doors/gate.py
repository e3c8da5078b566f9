"""The gate: who asks, how often, and how a "no" is told."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from liangqing.api.actions import clients
from liangqing.api.doors.schemas import Invalid, Refused
from liangqing.api.models import Client
from liangqing.kit.refusal import Refusal


class Asked(HttpRequest):
    """A request whose client is known."""

    auth: Client


class Key(HttpBearer):
    """``Authorization: Bearer lq_…``"""

    openapi_description = "A key the institution issued."

    def authenticate(self, request: HttpRequest, token: str) -> Client | None:
        client = clients.recognise(token)
        if client is not None:
            request.user = client.user
        return client


class Rate(BaseThrottle):
    """So many requests a minute as the client was given."""

    def allow_request(self, request: HttpRequest) -> bool:
        client: Client = request.auth  # type: ignore[attr-defined]
        return clients.count(client)

    def wait(self) -> float:
        return clients.seconds_left()


class Exact(Parser):
    """Numbers with a point arrive as they were written, never through floating point."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(request.body, parse_float=Decimal, parse_constant=_no_number)
        return parsed


class Readable(JSONRenderer):
    """Chinese as it is written, not in escapes."""

    json_dumps_params = {"ensure_ascii": False}


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_NO_PARAMETERS = frozenset(("data", "idempotency_key"))


def strict(door: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a parameter the door does not know: a filter that is misspelt must not show everything."""

    @functools.wraps(door)
    def run(request: Asked, **given: Any) -> Any:
        known = {"reveal" if name == "purpose" else name for name in given} - _NO_PARAMETERS
        for name in request.GET:
            if name not in known:
                raise Refusal(
                    "unknown_parameter",
                    gettext_lazy("There is no parameter “{name}” here. Look it up at /api/v1/docs."),
                    status=422,
                    name=name,
                )
        return door(request, **given)

    return run


READ: Mapping[int, Any] = {401: Refused, 403: Refused, 404: Refused, 422: Invalid, 429: Refused}
"""What every operation may answer besides success."""
WRITE: Mapping[int, Any] = {**READ, 400: Refused, 409: Refused, 413: Refused}


def refuse(status: int, code: str, message: str, fields: Mapping[str, str] | None = None) -> HttpResponse:
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = dict(fields)
    return HttpResponse(
        json.dumps({"error": error}, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8"
    )


def _refusal(_request: HttpRequest, refusal: Refusal) -> HttpResponse:
    field = refusal.facts.get("field")
    return refuse(refusal.status, refusal.code, refusal.sentence, {str(field): refusal.sentence} if field else None)


def _unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = refuse(401, "no_key", _("No valid key. Send the header “Authorization: Bearer lq_…” with a key in force."))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _throttled(_request: HttpRequest, _error: Throttled) -> HttpResponse:
    return refuse(429, "too_many_requests", _("Too many requests in this minute. Wait as long as Retry-After says."))


def _unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, RequestDataTooBig):
        return _too_large(_request, error.__cause__)
    return refuse(error.status_code, "unreadable", _("The body is not JSON. Send JSON in UTF-8."))


def _too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return refuse(413, "too_large", _("The request is too large. Send fewer rows at a time."))


def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {
        ".".join(str(part) for part in fault["loc"] if part not in ("body", "query", "header", "path", "data")): str(
            fault["msg"]
        )
        for fault in error.errors[:20]
    }
    return refuse(422, "invalid", _("Some fields are missing or not as they should be: {fields}.").format(
        fields=", ".join(name or "body" for name in fields)
    ), fields)  # fmt: skip


_NOS: tuple[tuple[type[Exception], Any], ...] = (
    (Refusal, _refusal),
    (AuthenticationError, _unknown),
    (Throttled, _throttled),
    (HttpError, _unreadable),
    (ValidationError, _invalid),
    (RequestDataTooBig, _too_large),
)


def guard(api: NinjaAPI) -> None:
    """Let every kind of "no" be told in the one form."""
    for kind, handler in _NOS:
        api.add_exception_handler(kind, handler)
    api.add_decorator(strict)
