"""One router for reading and writing: both have doors on the same paths."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter
from ninja import Router


class AnyNumber(StringConverter):
    """A customer number in an address may hold anything, a slash and a line break among it."""

    regex = r"[\s\S]+"


register_converter(AnyNumber, "any_number")
router = Router()
