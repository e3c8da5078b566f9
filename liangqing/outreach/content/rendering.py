"""An approved wording, filled in: the text, checked again, with the digest the record of the contact keeps."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from jinja2 import Template as Compiled
from jinja2 import UndefinedError

from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content.values import Values, samples
from liangqing.outreach.models import TemplateVersion
from liangqing.outreach.rules import language, required, wording
from liangqing.outreach.rules.language import Hit, LanguageFacts
from liangqing.policy.words import spoken

MOST_BILLS = 5_000
"""Bills one text goes over; a longer list goes as a statement of its own."""
LONGEST = 1_000_000
"""Characters of a text that is filled in."""


@dataclass(frozen=True)
class Rendered:
    """What is said. ``digest`` (SHA-256 of subject and body) proves later that just this was."""

    subject: str
    body: str
    digest: str


def digest(subject: str, body: str) -> str:
    return hashlib.sha256(f"{subject}\x00{body}".encode()).hexdigest()


@clause("P3 4.2.4")
def render(version: TemplateVersion, values: Values, *, documents: frozenset[str] = frozenset()) -> Rendered:
    """Fill the wording in and check what came of it.

    ``documents`` are the numbers of cases whose document goes with it. Raises ``Refusal`` (409): ``wording_not_approved``;
    ``value_missing`` where the template names what is not known; ``language_forbidden`` with the first find (facts:
    found, why, hits); ``debt_told`` where a message to somebody else would tell of the debt; ``text_too_long``.
    """
    demand_fits(version, values)
    written = values.written()
    subject = " ".join(fill(version.subject, written, version.name).split())
    body = fill(version.body, written, version.name).strip()
    demand_allowed(version, f"{subject}\n{body}", values, documents)
    return Rendered(subject, body, digest(subject, body))


def demand_fits(version: TemplateVersion, values: Values) -> None:
    """Whether a wording may be filled with these values at all. Raises ``Refusal`` as ``render`` does."""
    if version.state != TemplateVersion.State.APPROVED:
        raise Refusal(
            "wording_not_approved", _("This wording ({name}) is not approved. Choose one that is."), name=version.name
        )
    if values.language != version.template.language:
        raise Refusal("wrong_language", _("This wording ({name}) is in another language."), name=version.name)
    if values.bills is not None and len(values.bills) > MOST_BILLS:
        raise _too_long(version)


def preview(subject: str, body: str, language: str) -> Rendered:
    """What a wording looks like with samples. Raises ``Refusal`` as ``wording.demand_sound`` does."""
    written = samples(language)
    for text in (subject, body):
        wording.demand_sound(text)
    said, text = " ".join(fill(subject, written, "").split()), fill(body, written, "").strip()
    return Rendered(said, text, digest(said, text))


@functools.lru_cache(maxsize=512)
def _compiled(text: str) -> Compiled:
    wording.demand_sound(text)
    return wording.environment().from_string(text)


def fill(text: str, written: Mapping[str, Any], name: str) -> str:
    """The text with everything filled in. Raises ``Refusal`` (``value_missing``, ``text_too_long``)."""
    pieces: list[str] = []
    length = 0
    try:
        for piece in _compiled(text).generate(written):
            length += len(piece)
            if length > LONGEST:
                raise Refusal("text_too_long", _("The text of {name} would be too long to send."), name=name)
            pieces.append(piece)
    except UndefinedError as unknown:
        raise Refusal(
            "value_missing",
            _("The template names what is not known here: {what}. Enter it, or choose another template."),
            what=missing_name(unknown),
        ) from unknown
    return "".join(pieces)


def missing_name(unknown: UndefinedError) -> str:
    name = str(unknown).split("'")[1] if "'" in str(unknown) else str(unknown)
    about = wording.variables().get(name)
    return f"{spoken(about.name)} ({name})" if about else name


def demand_allowed(version: TemplateVersion, text: str, values: Values, documents: frozenset[str]) -> None:
    """Whether this may be said. Raises ``Refusal`` as ``render`` does."""
    template = version.template
    about = {"content": template.content, "channel": template.channel, "recipient": template.recipient}
    hits = _own_words(
        text,
        values,
        language.check(
            text,
            content=template.content,
            regime=template.regime,
            facts=LanguageFacts(documents, values.amounts(), approved_by_legal=True, approved_offer=True),
        ),
    )
    hits = [hit for hit in hits if hit.severity != "person"]
    if hits:
        raise Refusal(
            "language_forbidden",
            _("“{found}” may not be said ({category}). Change the template."),
            found=hits[0].found,
            category=hits[0].category,
            hits=[f"{hit.category}:{hit.start}-{hit.end}" for hit in hits],
        )
    persons = [name for name in (values.customer, values.collector) if name]
    told = required.forbidden_words(_without(text, persons), regime=template.regime, **about)
    if told:
        raise Refusal(
            "debt_told",
            _("“{found}” would tell of the debt, which this message may not. Change the template."),
            found=told[0].found,
        )


def _own_words(text: str, values: Values, hits: list[Hit]) -> list[Hit]:
    """Finds that the wording is answerable for: not those inside a name or a number that was filled in."""
    spans = []
    for name in values.names():
        place = text.find(name)
        while place >= 0:
            spans.append((place, place + len(name)))
            place = text.find(name, place + len(name))
    return [hit for hit in hits if not any(start <= hit.start and hit.end <= end for start, end in spans)]


def _without(text: str, names: list[str]) -> str:
    for name in names:
        text = text.replace(name, " ")
    return text


def _too_long(version: TemplateVersion) -> Refusal:
    return Refusal("text_too_long", _("The text of {name} would be too long to send."), name=version.name)
