"""Templates: drafted, checked, submitted to counsel, approved, retired; and those that come with this product."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, TextChoices
from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.approvals.actions import requests
from liangqing.approvals.events import RequestRejected, RequestReturned, RequestWithdrawn
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.kit import clock, files
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content import checking, documents, presets
from liangqing.outreach.content.events import (
    PresetTemplatesInstalled,
    TemplateApproved,
    TemplateDrafted,
    TemplateDropped,
    TemplateRetired,
    TemplateReturned,
    TemplateSubmitted,
)
from liangqing.outreach.content.lifecycle import WORDING
from liangqing.outreach.content.rendering import digest
from liangqing.outreach.kinds import Channel, Content, Recipient, Regime
from liangqing.outreach.models import ANY, Template, TemplateVersion
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell
from liangqing.warning.level import Level

ACT, SUBJECT = "outreach.template", "template"
State = TemplateVersion.State
_CHOICES: dict[str, type[TextChoices]] = {
    "channel": Channel,
    "content": Content,
    "recipient": Recipient,
    "occasion": Template.Occasion,
    "level": Level,
    "regime": Regime,
    "language": Template.Language,
}
SPOKEN = (Channel.PHONE, Channel.VISIT)
"""Where somebody speaks, and can meet an attitude."""
_DEMANDED = ("channel", "content", "recipient", "language")


@action
def found(
    *,
    name: str,
    channel: str,
    content: str,
    recipient: str,
    language: str,
    by: User,
    occasion: str = ANY,
    level: str = ANY,
    customer_class: str = ANY,
    regime: str = ANY,
    attitude: str = ANY,
) -> Template:
    """The template for these circumstances, made when there is none; one that is there keeps its name.

    Raises ``Refusal``: 403 without the right; 422 for an empty name, a word that is none of the choices, or an attitude
    for anything but what is said aloud.
    """
    demand(by, "template.edit")
    key = {
        "channel": channel,
        "content": content,
        "recipient": recipient,
        "occasion": occasion,
        "level": level,
        "customer_class": customer_class,
        "regime": regime,
        "attitude": attitude,
        "language": language,
    }
    if not name.strip():
        raise Refusal("name_missing", _("Give the template a name."), status=422, field="name")
    if attitude and channel not in SPOKEN:
        raise Refusal(
            "attitude_aloud",
            _("Only what is said aloud, on the phone or on a visit, is written for an attitude."),
            status=422,
            field="attitude",
        )
    for column, value in key.items():
        choices = _CHOICES.get(column)
        if choices is not None and value not in choices.values and (value or column in _DEMANDED):
            raise Refusal("unknown_word", _("“{word}” is no choice here."), status=422, field=column, word=value)
    made, _new = Template.objects.get_or_create(**key, defaults={"name": name.strip()})
    return made


@action
def draft(
    template: Template, *, body: str, by: User, subject: str = "", why: str = "", document: Upload | None = None
) -> TemplateVersion:
    """Write a new wording. A letter may bring a Word document, whose text takes the place of ``body``.

    Raises ``Refusal``: 403 without the right; 422 for a document that is not taken (``documents.read``).
    """
    demand(by, "template.edit")
    template = Template.objects.select_for_update().get(pk=template.pk)
    last = template.versions.aggregate(last=Max("number"))["last"] or 0
    row = TemplateVersion(template=template, number=last + 1, drafted_by=by, drafted_at=clock.now(), why=why.strip())
    _say(row, subject, body, document)
    row.save(force_insert=True)
    _tell_drafted(row, by)
    return row


@action
def edit(
    version: TemplateVersion,
    *,
    revision: int,
    body: str,
    by: User,
    subject: str = "",
    why: str = "",
    document: Upload | None = None,
) -> TemplateVersion:
    """Change a draft that is still at ``revision``. Raises ``Refusal``: as ``draft``; ``moved_on`` for what is no draft,
    ``changed_meanwhile`` (both 409) where somebody else was faster."""
    demand(by, "template.edit")
    row = _locked(version)
    if row.state != State.DRAFT:
        raise Refusal("moved_on", _("Only a draft can be changed. Draft a new wording."))
    if row.revision != revision:
        raise Refusal("changed_meanwhile", _("Somebody changed this draft meanwhile. Reload, and change it again."))
    row.revision, row.why = row.revision + 1, why.strip()
    _say(row, subject, body, document)
    row.save()
    _tell_drafted(row, by)
    return row


@action
@clause("P3 4.2.4")
def submit(version: TemplateVersion, *, reason: str, by: User) -> Request:
    """Check a draft and ask that counsel approve it; a request that was returned is asked again.

    Raises ``Refusal``: ``wording_not_allowed`` (422) with every fault; what ``requests.request`` raises.
    """
    demand(by, "template.edit")
    row = _locked(version)
    checked = checking.demand_submittable(row)
    WORDING.move(row, "submit", submitted_at=clock.now())
    finds = [f"{hit.category} {hit.found}" for hit in checked.hits]
    tell(TemplateSubmitted(thing_id=row.template_id, version=row.name, digest=row.digest, finds=finds), by=by)
    facts: dict[str, Any] = {"version": row.name, "finds": finds}
    returned = Request.objects.select_for_update().filter(
        act=ACT, subject_kind=SUBJECT, subject_id=row.pk, state=RequestState.RETURNED, requested_by=by
    )
    again = returned.order_by("-id").first()
    if again is not None:
        asked = requests.resubmit(again, by, reason=reason, facts=facts)
    else:
        asked = requests.request(
            ACT,
            subject_kind=SUBJECT,
            subject_id=row.pk,
            subject=f"{row.template.name} {row.name}",
            reason=reason,
            by=by,
            facts=facts,
        )
    TemplateVersion.objects.filter(pk=row.pk).update(request=asked.number)
    return asked


@action
def drop(version: TemplateVersion, *, by: User) -> TemplateVersion:
    """Give a draft up. Raises ``Refusal``: 403 without the right, ``moved_on`` for what is no draft."""
    demand(by, "template.edit")
    row = _locked(version)
    WORDING.move(row, "drop")
    tell(TemplateDropped(thing_id=row.template_id, version=row.name), by=by)
    return row


@action
def retire(version: TemplateVersion, *, reason: str, by: User) -> TemplateVersion:
    """Use a wording no longer, from today on. Raises ``Refusal``: 403; 422 without a reason; ``moved_on``."""
    demand(by, "template.edit")
    if not reason.strip():
        raise Refusal("reason_missing", _("Say why this wording is no longer used."), status=422, field="reason")
    row = _locked(version)
    _retire(row, by, reason.strip())
    return row


def check(request: Request) -> None:
    """The wording must be as it was submitted, and still allowed by today's lists."""
    row = TemplateVersion.objects.select_related("template").filter(pk=request.subject_id).first()
    if row is None or row.state != State.SUBMITTED:
        raise Refusal("not_submitted", _("The wording is not submitted any more; look at it and submit it again."))
    checking.demand_submittable(row)


def perform(request: Request) -> None:
    """Put the wording in force from today; the one before it is retired."""
    row = _locked(TemplateVersion(pk=request.subject_id))
    _approve(row, by=request.decided_by, request=request.number)


def given_back(event: RequestRejected | RequestReturned | RequestWithdrawn) -> None:
    """A request that ended without a yes leaves the wording a draft again."""
    request = Request.objects.select_related("requested_by").get(pk=event.thing_id)
    if request.act != ACT:
        return
    row = TemplateVersion.objects.filter(pk=request.subject_id, state=State.SUBMITTED).first()
    if row is not None:
        WORDING.move(row, "return")
        tell(
            TemplateReturned(thing_id=row.template_id, version=row.name), by=request.decided_by or request.requested_by
        )


def register() -> None:
    """Make the act known to approvals."""
    acts.register(acts.Act(ACT, _("template of what is said"), perform=perform, check=check, right="template.edit"))


@action
def install_presets(by: User | None = None) -> int:
    """Take over the templates that come with this product, in force from today; returns how many are new.

    A template somebody has written already is left alone, and so is one installed before: this may be run again.
    """
    if by is not None:
        demand(by, "template.edit")
    made: list[str] = []
    for each in presets.presets():
        template, new = Template.objects.get_or_create(**each.key, defaults={"name": each.name})
        if not new:
            continue
        row = TemplateVersion(
            template=template, number=1, preset=True, drafted_by=by, drafted_at=clock.now(), state=State.APPROVED,
            subject=each.subject, body=each.body, digest=digest(each.subject, each.body), approved_at=clock.now(),
            from_on=clock.today(),
        )  # fmt: skip
        row.save(force_insert=True)
        made.append(row.name)
    if made:
        tell(PresetTemplatesInstalled(thing_id=0, versions=made), by=by)
    return len(made)


def _say(row: TemplateVersion, subject: str, body: str, document: Upload | None) -> None:
    """Put the words in. A document stays as long as nobody changes its text or brings another."""
    row.subject, said = " ".join(subject.split()), body.replace("\r\n", "\n").strip()
    if document is None and not (row.document and said in ("", row.body)):
        row.body, row.document, row.document_name, row.document_size = said, "", "", 0
    row.digest = digest(row.subject, row.document or row.body)
    if document is not None:
        row.body = documents.read(document.name, document.content).text
        row.document, row.document_size = files.keep(document.content), len(document.content)
        row.document_name = documents.clean(document.name)
        row.digest = digest(row.subject, row.document)


def _approve(row: TemplateVersion, *, by: User | None, request: str) -> None:
    today = clock.today()
    for earlier in row.template.versions.select_for_update().filter(state=State.APPROVED).exclude(pk=row.pk):
        _retire(earlier, by, row.name)
    WORDING.move(row, "approve", approved_by=by, approved_at=clock.now(), from_on=today, request=request)
    tell(
        TemplateApproved(thing_id=row.template_id, version=row.name, digest=row.digest, from_on=today, request=request),
        by=by,
    )


def _retire(row: TemplateVersion, by: User | None, reason: str) -> None:
    until_on = clock.today()
    WORDING.move(row, "retire", retired_by=by, until_on=until_on)
    tell(TemplateRetired(thing_id=row.template_id, version=row.name, until_on=until_on, reason=reason), by=by)


def _tell_drafted(row: TemplateVersion, by: User) -> None:
    tell(TemplateDrafted(thing_id=row.template_id, version=row.name, digest=row.digest, revision=row.revision), by=by)


def _locked(version: TemplateVersion) -> TemplateVersion:
    return TemplateVersion.objects.select_for_update(of=("self",)).select_related("template").get(pk=version.pk)
