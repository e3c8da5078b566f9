"""The acts that need approval. The rooms that do them say here what each is called and what happens at the last yes.

A room registers its acts when the house starts (``AppConfig.ready``)::

    acts.register(Act("case.grace", _("grace for a customer"), perform=grant, check=still_late, right="case.work"))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing.approvals.models import Request
from liangqing.kit.refusal import Refusal


def kind_and_id(request: Request) -> str:
    return f"{request.subject_kind}/{request.subject_id}"


@dataclass(frozen=True)
class Act:
    """Something that binds the institution.

    ``perform`` does it, in the transaction of the last approval, with the request locked and ``decided_by`` set. Whatever
    it locks comes after the request (request, party, bill, case). ``check`` raises ``Refusal`` when the act could not
    happen (any more); it is asked when the request is made, made again, and before ``perform``. ``right`` is an act of
    ``people.rights`` that a requester must be allowed besides ``approval.request``. ``link`` is the key by which a face
    finds the page of the subject.
    """

    code: str
    label: str | Promise
    perform: Callable[[Request], None]
    check: Callable[[Request], None] | None = None
    link: Callable[[Request], str] = kind_and_id
    right: str | None = None


_acts: dict[str, Act] = {}


def register(act: Act) -> Act:
    """Make an act known. Raises ``ValueError`` when another one has its code."""
    if _acts.setdefault(act.code, act) != act:
        raise ValueError(f"two acts are called {act.code!r}")
    return act


def named(code: str) -> Act:
    """The act of this code. Raises ``Refusal`` for one that no room has registered."""
    if code not in _acts:
        raise Refusal("unknown_act", _("“{act}” is no act that can be approved."), status=404, act=code)
    return _acts[code]


def known() -> dict[str, Act]:
    """All acts, by code."""
    return dict(sorted(_acts.items()))
