"""One router for reading and writing: both have doors on the same paths."""

from __future__ import annotations

from ninja import Router

router = Router()
