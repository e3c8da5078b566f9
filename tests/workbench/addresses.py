"""Every address of the workbench, and what fills it in: ``tests/workbench/test_doors.py`` fails for one that is missing.

One line for each page: its URL name, and what its address takes from a customer (``institution.Customer`` has ``case``,
``task``, ``promise``, ``campaign``, ``attachment``, ``bill``, ``receipt``, ``allocation``, ``alert``, ``contact``,
``request``, and for what belongs to no customer ``imported``, ``upload``, ``order``, ``entry``, ``person``, ``department``).

``about`` tells that the address is about something of the customer: whoever may not see the
customer must get a 404 there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.workbench.institution import Customer


@dataclass(frozen=True)
class Sample:
    """How an address is filled in. ``get``: it answers a GET (a noun that is only posted to need not); ``query`` is what
    such a GET needs besides; ``nothing``: there is nothing to give at this sample, and it says so (404)."""

    kwargs: Callable[[Customer], dict[str, Any]] = lambda _customer: {}
    about: bool = False
    get: bool = True
    query: str = ""
    nothing: bool = False


def plain(**options: Any) -> Sample:
    """An address that takes nothing."""
    return Sample(**options)


def about(fill: Callable[[Customer], dict[str, Any]], **options: Any) -> Sample:
    """An address about something of a customer."""
    return Sample(fill, about=True, **options)


def house(fill: Callable[[Customer], dict[str, Any]], **options: Any) -> Sample:
    """An address about something that belongs to the house."""
    return Sample(fill, **options)


OPEN = {"set_language", "health", "callbacks", "unsubscribe"}
"""Where nobody need be signed in."""

EVERYBODYS = {"start", "me", "bell"}
"""Pages that ask for no right: the person's own."""

SAMPLE_ADDRESSES: dict[str, Sample] = {
    "start": plain(),
    "me": plain(),
    "bell": plain(),
    # my day, cases, tasks
    "day": plain(),
    "cases": plain(),
    "cases-assignments": plain(),
    "cases-case": about(lambda of: {"number": of.case.number}),
    "cases-records": about(lambda of: {"number": of.case.number}),
    "cases-promises": about(lambda of: {"number": of.case.number}),
    "cases-graces": about(lambda of: {"number": of.case.number}),
    "cases-contacting": about(lambda of: {"number": of.case.number}),
    "cases-calls": about(lambda of: {"number": of.case.number}),
    "cases-call-off": about(lambda of: {"number": of.case.number}),
    "cases-script": about(lambda of: {"number": of.case.number}),
    "cases-letters": about(lambda of: {"number": of.case.number}),
    "cases-letters-preview": about(lambda of: {"number": of.case.number}, nothing=True),
    "cases-attachment": about(lambda of: {"number": of.case.number, "pk": of.attachment.pk}),
    "cases-hearing": about(lambda of: {"number": of.case.number, "pk": of.attachment.pk}, nothing=True),
    "tasks-pin": about(lambda of: {"pk": of.task.pk}),
    "tasks-postponement": about(lambda of: {"pk": of.task.pk}),
    "tasks-completion": about(lambda of: {"pk": of.task.pk}),
    "cases-messages": about(lambda of: {"number": of.case.number}),
    "cases-messages-checks": about(lambda of: {"number": of.case.number}),
    # what is sent, and what came back
    "messages": plain(),
    "messages-one": about(lambda of: {"pk": of.message.pk}),
    "messages-file": about(lambda of: {"pk": of.message.pk, "file": 0}, nothing=True),
    "messages-cancellation": about(lambda of: {"pk": of.message.pk}),
    "messages-repetition": about(lambda of: {"pk": of.message.pk}),
    "messages-settlement": about(lambda of: {"pk": of.message.pk}),
    "messages-incoming": plain(),
    "messages-incoming-one": about(lambda of: {"pk": of.answer.pk}),
    "messages-incoming-handling": about(lambda of: {"pk": of.answer.pk}),
    "messages-incoming-owner": about(lambda of: {"pk": of.answer.pk}),
    "dispatches": plain(),
    "dispatches-selection": plain(query="?number=50&order=points"),
    "dispatches-one": about(lambda of: {"pk": of.dispatch.pk}),
    "dispatches-preview": about(lambda of: {"pk": of.dispatch.pk}),
    "dispatches-request": about(lambda of: {"pk": of.dispatch.pk}),
    "dispatches-start": about(lambda of: {"pk": of.dispatch.pk}),
    "dispatches-stop": about(lambda of: {"pk": of.dispatch.pk}),
    "dispatches-resumption": about(lambda of: {"pk": of.dispatch.pk}),
    "dispatches-cancellation": about(lambda of: {"pk": of.dispatch.pk}),
    "channels": plain(),
    "channels-new": plain(query="?kind=smtp"),
    "channels-one": house(lambda of: {"pk": of.provider.pk}),
    "channels-test": house(lambda of: {"pk": of.provider.pk}),
    "channels-stop": house(lambda of: {"pk": of.provider.pk}),
    "channels-resumption": house(lambda of: {"pk": of.provider.pk}),
    "channels-activity": house(lambda of: {"pk": of.provider.pk}),
    "channels-templates": house(lambda of: {"pk": of.provider.pk}),
    "channels-template": house(lambda of: {"pk": of.provider_template.pk}),
    "channels-lines": plain(),
    "channels-line": house(lambda of: {"pk": of.line.pk}),
    "channels-switches": plain(),
    "channels-release": house(lambda of: {"pk": of.switch.pk}),
    # contact receipts
    "attempts": plain(),
    "attempts-one": about(lambda of: {"pk": of.attempt.pk}),
    "attempts-call": about(lambda of: {"pk": of.attempt.pk}, nothing=True),
    "attempts-recording": about(lambda of: {"pk": of.attempt.pk}, nothing=True),
    "attempts-hanging-up": about(lambda of: {"pk": of.attempt.pk}, get=False, nothing=True),
    "attempts-exemption": about(lambda of: {"pk": of.attempt.pk}),
    # what is said: templates, letters, words to look at
    "templates": plain(),
    "templates-new": plain(),
    "templates-one": house(lambda of: {"pk": of.wording.template_id}),
    "templates-drafts": house(lambda of: {"pk": of.wording.template_id}),
    "templates-retirement": house(lambda of: {"pk": of.wording.template_id}),
    "templates-version": house(lambda of: {"pk": of.wording.pk}),
    "templates-checks": house(lambda of: {"pk": of.wording.pk}, get=False),
    "templates-document": house(lambda of: {"pk": of.wording.pk}, nothing=True),
    "templates-dropping": house(lambda of: {"pk": of.wording.pk}),
    "letters": plain(),
    "letters-results": plain(),
    "letters-one": house(lambda of: {"pk": of.letters.pk}),
    "letters-file": house(lambda of: {"pk": of.letters.pk, "name": "volume-001.pdf"}, nothing=True),
    "letters-whole": house(lambda of: {"pk": of.letters.pk}, nothing=True),
    "letters-posting": house(lambda of: {"pk": of.letters.pk}),
    "letters-discarding": house(lambda of: {"pk": of.letters.pk}),
    "letters-result": house(lambda _of: {"pk": 0}, nothing=True),
    "letters-slip": house(lambda _of: {"pk": 0}, nothing=True),
    "reviews": plain(),
    "reviews-one": about(lambda of: {"pk": of.review.pk}),
    # visits
    "visits": plain(),
    "visits-planning": plain(),
    "visits-report": plain(query="?week=2026-W27"),
    "visits-worker": plain(),
    "visits-round": about(lambda of: {"pk": of.stop.round_id}),
    "visits-moves": about(lambda of: {"pk": of.stop.round_id}),
    "visits-route": about(lambda of: {"pk": of.stop.round_id}),
    "visits-print": about(lambda of: {"pk": of.stop.round_id}),
    "visits-stop": about(lambda of: {"pk": of.stop.pk}),
    "visits-arrival": about(lambda of: {"pk": of.stop.pk}),
    "visits-file": about(lambda of: {"pk": of.stop.pk, "number": of.stop.visit.files.get().pk}),
    # customers and contacts
    "customers": plain(),
    "customers-entry": plain(),
    "customers-customer": about(lambda of: {"number": of.party.number}),
    "customers-contacts": about(lambda of: {"number": of.party.number}),
    "customers-identity": about(lambda of: {"number": of.party.number}),
    "customers-restraints": about(lambda of: {"number": of.party.number}),
    "restraints-lifting": about(lambda of: {"pk": of.restraint.pk}, get=False),
    "deadlines": plain(),
    "deadlines-extension": house(lambda _of: {"pk": 0}, nothing=True),
    "deadlines-completion": house(lambda _of: {"pk": 0}, nothing=True),
    "agreements-breach": house(lambda _of: {"pk": 0}, nothing=True),
    "agreements-notice": house(lambda _of: {"pk": 0}, nothing=True),
    "customers-mergers": about(lambda of: {"number": of.party.number}),
    "customers-separation": about(lambda of: {"number": of.party.number}),
    "contacts-validity": about(lambda of: {"pk": of.contact.pk}),
    "contacts-revelation": about(lambda of: {"pk": of.contact.pk}),
    # bills and receipts
    "bills": plain(),
    "bills-entry": plain(),
    "bills-bill": about(lambda of: {"pk": of.bill.pk}),
    "bills-adjustments": about(lambda of: {"pk": of.bill.pk}),
    "bills-cancellation": about(lambda of: {"pk": of.bill.pk}),
    "receipts": plain(),
    "receipts-entry": plain(),
    "receipts-receipt": about(lambda of: {"pk": of.receipt.pk}),
    "receipts-reversal": about(lambda of: {"pk": of.receipt.pk}),
    "receipts-applications": about(lambda of: {"number": of.party.number}),
    "allocations-reversal": about(lambda of: {"pk": of.allocation.pk}),
    # warnings
    "warnings": plain(),
    "warnings-acknowledgements": plain(),
    # approvals
    "exports-new": plain(nothing=True),
    "approvals": plain(),
    "approvals-mine": plain(),
    "approvals-answered": plain(),
    "approvals-all": plain(),
    "approvals-bulk": plain(),
    "approvals-delegations": plain(),
    "approvals-delegation-end": house(lambda _of: {"pk": 0}, nothing=True),
    "approvals-request": about(lambda of: {"number": of.request.number}),
    "approvals-approval": about(lambda of: {"number": of.request.number}),
    "approvals-rejection": about(lambda of: {"number": of.request.number}),
    "approvals-return": about(lambda of: {"number": of.request.number}),
    "approvals-withdrawal": about(lambda of: {"number": of.request.number}),
    "approvals-resubmission": about(lambda of: {"number": of.request.number}),
    "approvals-attachment": about(lambda of: {"number": of.request.number, "pk": of.request.attachments.get().pk}),
    # policy
    "policy": plain(),
    "policy-drafting": plain(),
    "policy-calendar": plain(),
    "policy-calendar-announcement": plain(),
    "policy-version": house(lambda of: {"name": of.policy.name}),
    "policy-trials": house(lambda of: {"name": of.policy.name}),
    "policy-submission": house(lambda of: {"name": of.policy.name}),
    "policy-arms": house(lambda of: {"name": of.policy.name}),
    "policy-trial": house(lambda of: {"pk": of.trial.pk}),
    "policy-file": house(lambda of: {"name": of.policy.name}),
    "policy-withdrawal": house(lambda of: {"name": of.policy.name}),
    "policy-base": house(lambda of: {"name": of.policy.name}),
    "policy-term": house(lambda of: {"name": of.policy.name, "key": "warning.moderate_until_days"}),
    "policy-table": house(lambda of: {"name": of.policy.name, "key": "case.action"}),
    "policy-checks": house(lambda of: {"name": of.policy.name, "key": "case.action"}, get=False),
    "policy-test": house(lambda of: {"name": of.policy.name, "key": "case.action"}),
    # people
    "people": plain(),
    "people-entry": plain(),
    "people-rights": plain(),
    "people-departments": plain(),
    "people-department": house(lambda of: {"number": of.department.pk}),
    "people-department-closure": house(lambda of: {"number": of.department.pk}),
    "people-person": house(lambda of: {"number": of.person.pk}),
    "people-employment": house(lambda of: {"number": of.person.pk}),
    "people-password": house(lambda of: {"number": of.person.pk}),
    "people-certificates": plain(),
    "people-person-certificates": house(lambda of: {"number": of.person.pk}),
    "people-certificate-end": house(lambda of: {"pk": of.certificate.pk}),
    "people-two-step": house(lambda of: {"number": of.person.pk}),
    # overview and campaigns
    "overview": plain(),
    "overview-rolls": plain(),
    "overview-load": plain(),
    "overview-results": plain(),
    "campaigns": plain(),
    "campaigns-selection": plain(query="?number=50&order=points"),
    "campaigns-preview": plain(),
    "campaigns-one": about(lambda of: {"number": of.campaign.pk}),
    "campaigns-undo": about(lambda of: {"number": of.campaign.pk}),
    # programs
    "programs": plain(),
    "programs-one": house(lambda of: {"number": of.program.pk}),
    "programs-revocation": house(lambda of: {"number": of.program.pk}),
    "programs-webhooks": house(lambda of: {"number": of.program.pk}),
    "programs-switch": house(lambda of: {"number": of.webhook.pk}),
    "programs-secret": house(lambda of: {"number": of.webhook.pk}),
    "programs-retry": house(lambda of: {"number": of.delivery.pk}),
    # oversight
    "oversight": plain(),
    "oversight-clause": house(lambda _of: {"code": "P3 3.3.2"}),
    "oversight-policy": plain(),
    "oversight-pdf": house(lambda _of: {"version": "preset-1"}),
    "oversight-docx": house(lambda _of: {"version": "preset-1"}),
    "oversight-comparison": plain(),
    "oversight-institution": plain(),
    # trail
    "trail": plain(),
    "trail-entry": house(lambda of: {"number": of.entry.pk}),
    "trail-seals": plain(),
    # files that come in
    "imports": plain(),
    "imports-new": plain(),
    "imports-upload": house(lambda of: {"number": of.upload.pk}),
    "imports-upload-errors": house(lambda of: {"number": of.upload.pk}, nothing=True),
    "imports-one": house(lambda of: {"number": of.imported.pk}),
    "imports-undo": house(lambda of: {"number": of.imported.pk}),
    "imports-mapping": house(lambda of: {"number": of.imported.pk}),
    "imports-errors": house(lambda of: {"number": of.imported.pk}, nothing=True),
    # nights
    "nights": plain(),
    "nights-compare": plain(),
    "nights-order": house(lambda of: {"number": of.order.pk}),
    "nights-one": house(lambda _of: {"date": "2026-06-30"}),
}

ELSEWHERE = ("api/v1/", "accounts/")
"""What has doors of its own: the API its keys, signing in is allauth's."""


def patterns() -> Iterator[tuple[str, str, URLPattern]]:
    """Every page: its name, its path, the pattern."""
    yield from _under(get_resolver(), "")


def _under(resolver: URLResolver, before: str) -> Iterator[tuple[str, str, URLPattern]]:
    for each in resolver.url_patterns:
        path = before + str(each.pattern)
        if path.startswith(ELSEWHERE):
            continue
        if isinstance(each, URLResolver):
            yield from _under(each, path)
        else:
            yield each.name or "", path, each


def address(name: str, customer: Customer) -> str:
    """The address of a page, filled in with what is the customer's."""
    sample = SAMPLE_ADDRESSES[name]
    return reverse(name, kwargs=sample.kwargs(customer)) + sample.query
