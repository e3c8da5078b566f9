"""The page that tells people what the API can do. It loads nothing from anywhere, and runs no script."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from liangqing.api.actions.webhooks import EVENTS


class Operations(DocsBase):
    """Every operation with its parameters, fields and answers, out of the OpenAPI description itself."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        described = api.get_openapi_schema()
        context = {
            "title": api.title,
            "openapi": self.get_openapi_url(api, kwargs),
            "operations": [
                _operation(method, path, operation, described)
                for path, operations in described["paths"].items()
                for method, operation in operations.items()
            ],
            "events": EVENTS,
        }
        return render(request, "api/operations.html", context)


def _operation(method: str, path: str, operation: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [
            {
                "name": parameter["name"],
                "where": parameter["in"],
                "required": parameter.get("required", False),
                "description": parameter.get("description") or parameter["schema"].get("description", ""),
            }
            for parameter in operation.get("parameters", ())
        ],
        "fields": list(_fields(body, described)) if body else [],
        "answers": ", ".join(str(status) for status in operation["responses"]),
    }


def _fields(schema: dict[str, Any], described: dict[str, Any], before: str = "") -> list[dict[str, Any]]:
    """The fields of a body, those of its rows among them."""
    schema = _resolved(schema, described)
    found: list[dict[str, Any]] = []
    for name, kind in schema.get("properties", {}).items():
        found.append(
            {
                "name": f"{before}{name}",
                "required": name in schema.get("required", ()),
                "description": kind.get("description", ""),
            }
        )
        if "items" in kind:
            found += _fields(kind["items"], described, f"{before}{name}[].")
        for choice in kind.get("anyOf", ()):
            if "$ref" in choice:
                found += _fields(choice, described, f"{before}{name}.")
    return found


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema
