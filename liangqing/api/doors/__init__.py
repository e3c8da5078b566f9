"""The doors of the API: ``/api/v1``, one operation a door, described by its own OpenAPI page."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI

import liangqing
from liangqing.api.doors import reading, writing  # noqa: F401  (their operations register themselves)
from liangqing.api.doors.gate import Exact, Key, Rate, Readable, guard
from liangqing.api.doors.operations import Operations
from liangqing.api.doors.routes import router


class Doors(NinjaAPI):
    """The API; its operations are named after what they do."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)


api = Doors(
    title="Liangqing 两清",
    version=liangqing.__version__,
    description="What late bills, cases and warnings there are; rows pushed in; records and promises.",
    urls_namespace="api",
    docs=Operations(),
    parser=Exact(),
    renderer=Readable(),
    auth=Key(),
    throttle=Rate(),
)
guard(api)
api.add_router("", router)
