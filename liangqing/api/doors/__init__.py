"""The doors of the API: ``/api/v1``, one operation a door, described by its own OpenAPI page."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

import liangqing
from liangqing.api.doors import contacting, reading, writing  # noqa: F401  (their operations register themselves)
from liangqing.api.doors.gate import Exact, Key, Rate, Readable, guard
from liangqing.api.doors.operations import Operations
from liangqing.api.doors.routes import router


class Doors(NinjaAPI):
    """The API; its operations are named after what they do."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """An address or a header can leave a parameter out, but not say that it is null."""
        described = super().get_openapi_schema(**options)
        for operations in described["paths"].values():
            for operation in operations.values():
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
        return described


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices = schema.get("anyOf", [])
    said = [choice for choice in choices if choice.get("type") != "null"]
    if len(said) == len(choices):
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**rest, **said[0]} if len(said) == 1 else {**rest, "anyOf": said}


api = Doors(
    title="Liangqing 两清",
    version=liangqing.__version__,
    description="What late bills, cases and warnings there are; rows pushed in; records, promises, contacts and messages.",
    urls_namespace="api",
    docs=Operations(),
    parser=Exact(),
    renderer=Readable(),
    auth=Key(),
    throttle=Rate(),
)
guard(api)
api.add_router("", router)
