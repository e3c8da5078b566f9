"""A business "no": typed, with a code, a sentence that says what to do, and a status."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext


class Refusal(Exception):
    """Raised where a rule says no. Shown to people, returned to programs, never logged as a crash.

    ``code`` is stable and for programs; ``sentence`` is for people (translatable, with ``facts`` filled in);
    ``status`` is the HTTP status a face answers with.
    """

    def __init__(self, code: str, sentence: str | Promise, *, status: int = 409, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.template = sentence
        self.facts = facts
        self.status = status

    @property
    def sentence(self) -> str:
        template = str(self.template) if isinstance(self.template, Promise) else gettext(self.template)
        return template.format(**self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"
