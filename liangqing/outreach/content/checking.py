"""Whether a wording may be submitted: everything that is wrong with it, at once."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from liangqing.kit.refusal import Refusal
from liangqing.outreach.content import documents, length
from liangqing.outreach.content.rendering import fill
from liangqing.outreach.content.values import samples
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Template, TemplateVersion
from liangqing.outreach.rules import language, required, wording
from liangqing.outreach.rules.language import Hit
from liangqing.outreach.rules.required import Forbidden, Missing
from liangqing.policy.words import spoken

GRAVE = ("block",)
"""Finds that no approval excuses; the others are put to counsel with the request."""


@dataclass(frozen=True)
class Checked:
    """What a wording names and what is wrong with it. ``parts`` is how many parts a text message with samples has."""

    names: frozenset[str] = frozenset()
    wrong: Refusal | None = None
    hits: tuple[Hit, ...] = ()
    missing: tuple[Missing, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()
    parts: int = 0
    sample: str = ""

    @property
    def grave(self) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if hit.severity in GRAVE)

    @property
    def may_be_submitted(self) -> bool:
        return not (self.wrong or self.grave or self.missing or self.forbidden)

    def faults(self) -> list[str]:
        """Each fault as a sentence for people."""
        found = [self.wrong.sentence] if self.wrong else []
        found += [
            _now("“{found}”: {why} {suggestion}").format(
                found=hit.found, why=spoken(hit.why), suggestion=spoken(hit.suggestion)
            )
            for hit in self.grave
        ]
        found += [
            _now("{element} is missing. {why}").format(element=spoken(each.name), why=spoken(each.rule.why))
            for each in self.missing
        ]
        found += [
            _now("“{found}” must not be in it. {why}").format(found=each.found, why=spoken(each.rule.why))
            for each in self.forbidden
        ]
        return found


def check(template: Template, subject: str, body: str, *, around: str | None = None) -> Checked:
    """Look at a wording from all sides; nothing is raised. ``around`` is what stands around the body of a Word document
    (``documents.around``), None for what is set in the house's layout."""
    text = f"{subject}\n{body}\n{around}" if around else f"{subject}\n{body}"
    try:
        names = wording.demand_sound(text)
    except Refusal as wrong:
        return Checked(wrong=wrong)
    if not body.strip():
        return Checked(
            wrong=Refusal("body_missing", _("A template says something: write its text."), status=422, field="body")
        )
    about = {
        "content": template.content,
        "channel": template.channel,
        "recipient": template.recipient,
        "regime": template.regime,
    }
    said = "".join(wording.constants(text))
    sample = fill(body, samples(template.language), "").strip()
    return Checked(
        names=frozenset(names),
        hits=tuple(language.check(said, content=template.content, regime=template.regime)),
        missing=tuple(required.missing(text, **about, layout=around is None)),
        forbidden=tuple(required.forbidden(text, **about)),
        parts=length.parts(sample) if template.channel == Channel.SMS else 0,
        sample=sample,
    )


def demand_submittable(version: TemplateVersion) -> Checked:
    """Raises ``Refusal`` (422, field ``body``) naming every fault of the wording."""
    checked = check(version.template, version.subject, version.body, around=documents.around(version))
    if checked.wrong is not None:
        raise checked.wrong
    if not checked.may_be_submitted:
        raise Refusal(
            "wording_not_allowed",
            _("This may not be said so: {faults}"),
            status=422,
            field="body",
            faults=" ".join(checked.faults()),
        )
    return checked
