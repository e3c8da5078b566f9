"""Providers: added, changed, stopped and resumed, tested; their templates; and a place in their limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.outreach.channels import carriers, pace
from liangqing.outreach.channels.events import (
    ProviderAdded,
    ProviderChanged,
    ProviderResumed,
    ProviderStopped,
    ProviderTested,
    TemplateDecided,
    TemplateSubmitted,
)
from liangqing.outreach.channels.failing_over import MAY_MOVE_ON, stops_provider
from liangqing.outreach.channels.kinds import CHANNELS, FIELDS, LIMITS, MOVES_ON, SHARED, STAFF_ONLY, Field, Kind
from liangqing.outreach.channels.lifecycle import TEMPLATE, TemplateState
from liangqing.outreach.channels.sending import Receipt
from liangqing.outreach.models.provider import Provider, ProviderPace, ProviderTemplate
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

COLUMNS = ("name", "order", "moves_on", "per_second", "per_minute", "per_day", "own_route", "for_staff", "active")
"""What can be changed besides the settings; the kind stays."""
_MOST_PORT = 65_535


@action
def add(kind: str, name: str, config: Mapping[str, Any], *, by: User | None, **columns: Any) -> Provider:
    """A provider with its settings. ``by`` is empty at the command line.

    A shared cloud route is no route of one's own, and a robot serves staff, unless ``columns`` says otherwise of the
    former. Raises ``Refusal``: ``not_allowed``, ``unknown_kind``, ``name_taken``, ``bad_setting``, ``missing_setting``,
    ``unknown_fault``, ``bad_limit``, ``staff_only``.
    """
    _demand(by)
    if kind not in Kind.values:
        raise Refusal("unknown_kind", _("There is no such kind of provider: {kind}."), status=422, kind=kind)
    given: dict[str, Any] = {
        "own_route": kind not in SHARED,
        "for_staff": kind in STAFF_ONLY,
        "moves_on": [str(fault) for fault in MOVES_ON],
        **LIMITS.get(kind, {}),
        **columns,
    }
    _check(kind, given)
    provider = Provider(
        kind=kind, channel=CHANNELS[kind], name=name.strip(), config=_settings(kind, config, {}), **given
    )
    _save(provider)
    ProviderPace.objects.create(provider=provider)
    tell(ProviderAdded(thing_id=provider.pk, provider=provider.name, kind=kind), by=by)
    return provider


@action
def change(provider: Provider, *, by: User | None, config: Mapping[str, Any] | None = None, **columns: Any) -> Provider:
    """New settings, and columns of ``COLUMNS``. A setting that is not named stays; a secret given empty stays too.

    Raises ``Refusal`` as ``add`` does.
    """
    _demand(by)
    provider = Provider.objects.select_for_update(of=("self",)).get(pk=provider.pk)
    _check(provider.kind, columns)
    changed = {name: value for name, value in columns.items() if getattr(provider, name) != value}
    before = {name: _plain(getattr(provider, name)) for name in changed}
    settings = _settings(provider.kind, config or {}, provider.config)
    named = sorted(name for name in settings if settings.get(name) != provider.config.get(name))
    if not changed and not named:
        return provider
    for name, value in changed.items():
        setattr(provider, name, value)
    provider.config = settings
    _save(provider)
    after = {name: _plain(value) for name, value in changed.items()}
    told = ProviderChanged(thing_id=provider.pk, provider=provider.name, before=before, after=after, settings=named)
    tell(told, by=by)
    return provider


@action
def stop(provider: Provider, *, reason: str, by: User | None) -> None:
    """Nothing goes out by it until it is resumed. Raises ``Refusal``: ``not_allowed``, ``no_reason``,
    ``stopped_already``."""
    _demand(by)
    if not reason.strip():
        raise Refusal("no_reason", _("Say why."), status=422)
    if not _stop(provider, reason.strip(), by):
        raise Refusal("stopped_already", _("Somebody else was faster: it is stopped already."))


@action
def stop_after(provider: Provider, receipt: Receipt) -> bool:
    """Stop it by itself when a receipt says that nothing more will go through; whether this call stopped it."""
    return stops_provider(receipt) and _stop(provider, f"{receipt.code} {receipt.sentence}".strip(), None)


@action
def resume(provider: Provider, *, by: User | None) -> None:
    """Let it send again. Raises ``Refusal``: ``not_allowed``, ``not_stopped``."""
    _demand(by)
    freed = {"stopped_at": None, "stopped_by": None, "stop_reason": ""}
    if not Provider.objects.filter(pk=provider.pk, stopped_at__isnull=False).update(**freed):
        raise Refusal("not_stopped", _("It is not stopped."))
    provider.refresh_from_db()
    tell(ProviderResumed(thing_id=provider.pk, provider=provider.name), by=by)


def test(provider: Provider, *, by: User | None) -> Receipt:
    """Whether it can be reached with its settings, without sending anything to a debtor (a robot says a word to its
    group). The network is asked outside any transaction. Raises ``Refusal``: ``not_allowed``."""
    _demand(by)
    reached = carriers.mailbox(provider) if provider.kind == Kind.IMAP else carriers.of(provider)
    receipt = reached.check()
    _note(provider, receipt, by)
    return receipt


def take_place(provider: Provider) -> float:
    """A place in its limits: 0 when one was taken, else the seconds to wait. A transaction of its own, so that the row
    is locked for a moment only; not to be called inside another one."""
    limits = provider.limits
    with transaction.atomic(durable=True):
        ProviderPace.objects.get_or_create(provider=provider)
        row = ProviderPace.objects.select_for_update().get(provider=provider)
        standing = pace.Standing(row.second_at, row.minute_at, row.day, row.used)
        taken, wait = pace.take(standing, limits, clock.now(), clock.zone())
        if not wait:
            row.second_at, row.minute_at, row.day, row.used = taken.second_at, taken.minute_at, taken.day, taken.used
            row.save()
    return wait


@action
def submit_template(
    provider: Provider,
    template_code: str,
    their_code: str,
    *,
    by: User | None,
    variables: Sequence[str] = (),
    signature: str = "",
) -> ProviderTemplate:
    """One of our template versions was given to the provider, which knows it as ``their_code``; it waits for approval.

    Raises ``Refusal``: ``not_allowed``, ``no_code``, ``submitted_already`` while it waits or is approved.
    """
    _demand(by)
    if not template_code.strip() or not their_code.strip():
        raise Refusal("no_code", _("Name our template and the provider's code of it."), status=422)
    values = {
        "their_code": their_code.strip(),
        "variables": list(variables),
        "signature": signature.strip(),
        "reason": "",
        "changed_at": clock.now(),
    }
    there = ProviderTemplate.objects.filter(provider=provider, template_code=template_code).first()
    if there is None:
        there = ProviderTemplate.objects.create(provider=provider, template_code=template_code.strip(), **values)
    elif there.state == TemplateState.WAITING:
        raise Refusal("submitted_already", _("This template waits for the provider already."))
    else:
        TEMPLATE.move(there, "submit again", **values)
    told = TemplateSubmitted(
        thing_id=provider.pk, provider=provider.name, template=template_code, their_code=there.their_code
    )
    tell(told, by=by)
    return there


@action
def decide_template(template: ProviderTemplate, *, approved: bool, by: User | None, reason: str = "") -> None:
    """What the provider decided. Raises ``Refusal``: ``not_allowed``, ``moved_on``."""
    _demand(by)
    TEMPLATE.move(
        template, "approve" if approved else "refuse", reason="" if approved else reason[:300], changed_at=clock.now()
    )
    told = TemplateDecided(
        thing_id=template.provider_id,
        provider=template.provider.name,
        template=template.template_code,
        state=template.state,
        reason=template.reason,
    )
    tell(told, by=by)


def _demand(by: User | None) -> None:
    if by is not None:
        demand(by, "channel.manage")


@action
def _note(provider: Provider, receipt: Receipt, by: User | None) -> None:
    provider.tested_at, provider.test_code, provider.test_passed = clock.now(), receipt.code[:64], receipt.accepted
    provider.save(update_fields=["tested_at", "test_code", "test_passed"])
    told = ProviderTested(
        thing_id=provider.pk, provider=provider.name, state=str(receipt.state), code=receipt.code[:64]
    )
    tell(told, by=by)


def _stop(provider: Provider, reason: str, by: User | None) -> bool:
    stopped = {"stopped_at": clock.now(), "stopped_by": by, "stop_reason": reason[:300]}
    if not Provider.objects.filter(pk=provider.pk, stopped_at__isnull=True).update(**stopped):
        return False
    provider.refresh_from_db()
    tell(ProviderStopped(thing_id=provider.pk, provider=provider.name, reason=provider.stop_reason), by=by)
    return True


def _save(provider: Provider) -> None:
    if not provider.name:
        raise Refusal("missing_setting", _("This is missing: {name}."), status=422, name=_("name"))
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError:
        raise Refusal("name_taken", _("There is a provider called {name} already."), name=provider.name) from None


def _check(kind: str, columns: Mapping[str, Any]) -> None:
    """The columns are known and possible."""
    if unknown := set(columns) - set(COLUMNS):
        raise TypeError(f"no such column of a provider: {sorted(unknown)}")
    faults: Collection[str] = columns.get("moves_on", ())
    if not set(faults) <= set(MAY_MOVE_ON):
        raise Refusal("unknown_fault", _("For these faults no other provider can be tried."), status=422)
    for name in ("per_second", "per_minute", "per_day"):
        if (limit := columns.get(name)) is not None and limit < 1:
            raise Refusal("bad_limit", _("A limit is at least 1; to send nothing, stop the provider."), status=422)
    if kind in STAFF_ONLY and columns.get("for_staff") is False:
        raise Refusal("staff_only", _("A robot speaks to staff; it can't reach a debtor."), status=422)


def _settings(kind: str, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are kept: checked, secrets sealed, what is not given taken from before."""
    fields = {field.name: field for field in FIELDS[kind]}
    for name in given:
        if name not in fields:
            raise _bad(name)
    kept = dict(before)
    for name, field in fields.items():
        if name in given:
            value = _value(field, given[name])
            if field.shape == "secret":
                if value and (name not in before or sealing.unseal(before[name]) != value):
                    kept[name] = sealing.seal(value)
            else:
                kept[name] = value
        if field.required and not kept.get(name):
            raise Refusal("missing_setting", _("This is missing: {name}."), status=422, name=field.label)
    return kept


def _value(field: Field, given: Any) -> Any:
    """A setting in its shape. Raises ``Refusal``: ``bad_setting``."""
    fits = {
        "text": lambda: (
            isinstance(given, str) and given.isprintable() and (not field.choices or given in field.choices)
        ),
        "secret": lambda: isinstance(given, str) and given.isprintable(),
        "number": lambda: isinstance(given, int) and not isinstance(given, bool) and 0 < given <= _MOST_PORT,
        "flag": lambda: isinstance(given, bool),
        "list": lambda: isinstance(given, list | tuple) and all(isinstance(each, str) and each for each in given),
        "map": lambda: (
            isinstance(given, dict) and all(isinstance(part, str) for pair in given.items() for part in pair)
        ),
    }
    if not fits[field.shape]():
        raise _bad(field.label)
    if field.shape in ("text", "secret"):
        return given.strip()
    return list(given) if field.shape == "list" else given


def _bad(name: Any) -> Refusal:
    return Refusal("bad_setting", _("This can't be used: {name}. Check it."), status=422, name=name)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | list | type(None)) else str(value)
