"""The staff's pages. URLs are nouns."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.i18n import set_language

from liangqing.workbench.pages import bell, cases, customers, imports, money, nights, people, start, trail, warnings


def health(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("", start.start, name="start"),
    path("language/", set_language, name="set_language"),
    path("health/", health, name="health"),
    path("me/", start.me, name="me"),
    path("day/", cases.day, name="day"),
    path("cases/", cases.cases, name="cases"),
    path("cases/assignments/", cases.assignments, name="cases-assignments"),
    path("cases/<str:number>/", cases.case, name="cases-case"),
    path("cases/<str:number>/records/", cases.case_records, name="cases-records"),
    path("cases/<str:number>/promises/", cases.case_promises, name="cases-promises"),
    path("cases/<str:number>/attachments/<int:pk>/", cases.attachment, name="cases-attachment"),
    path("tasks/<int:pk>/pin/", cases.task_pin, name="tasks-pin"),
    path("tasks/<int:pk>/postponement/", cases.task_postponement, name="tasks-postponement"),
    path("tasks/<int:pk>/completion/", cases.task_completion, name="tasks-completion"),
    path("customers/", customers.customers, name="customers"),
    path("customers/entry/", customers.customer_entry, name="customers-entry"),
    path("customers/<path:number>/contacts/", customers.customer_contacts, name="customers-contacts"),
    path("customers/<path:number>/identity/", customers.customer_identity, name="customers-identity"),
    path("customers/<path:number>/mergers/", customers.customer_mergers, name="customers-mergers"),
    path("customers/<path:number>/separation/", customers.customer_separation, name="customers-separation"),
    path("customers/<path:number>/applications/", money.applications, name="receipts-applications"),
    path("customers/<path:number>/", customers.customer, name="customers-customer"),
    path("contacts/<int:pk>/validity/", customers.contact_validity, name="contacts-validity"),
    path("contacts/<int:pk>/revelation/", customers.contact_revelation, name="contacts-revelation"),
    path("bills/", money.bill_list, name="bills"),
    path("bills/entry/", money.bill_entry, name="bills-entry"),
    path("bills/<int:pk>/", money.bill, name="bills-bill"),
    path("bills/<int:pk>/adjustments/", money.bill_adjustments, name="bills-adjustments"),
    path("bills/<int:pk>/cancellation/", money.bill_cancellation, name="bills-cancellation"),
    path("receipts/", money.receipt_list, name="receipts"),
    path("receipts/entry/", money.receipt_entry, name="receipts-entry"),
    path("receipts/<int:pk>/", money.receipt, name="receipts-receipt"),
    path("receipts/<int:pk>/reversal/", money.receipt_reversal, name="receipts-reversal"),
    path("allocations/<int:pk>/reversal/", money.allocation_reversal, name="allocations-reversal"),
    path("warnings/", warnings.warnings, name="warnings"),
    path("warnings/acknowledgements/", warnings.acknowledgements, name="warnings-acknowledgements"),
    path("people/", people.people, name="people"),
    path("people/entry/", people.entry, name="people-entry"),
    path("people/rights/", people.matrix, name="people-rights"),
    path("people/departments/", people.departments, name="people-departments"),
    path("people/departments/<int:number>/", people.department, name="people-department"),
    path("people/<int:number>/", people.person, name="people-person"),
    path("people/<int:number>/employment/", people.employment, name="people-employment"),
    path("people/<int:number>/password/", people.password, name="people-password"),
    path("people/<int:number>/two-step/", people.two_step, name="people-two-step"),
    path("bell/", bell.bell, name="bell"),
    path("trail/", trail.trail, name="trail"),
    path("trail/<int:number>/", trail.entry, name="trail-entry"),
    path("trail/seals/", trail.blocks, name="trail-seals"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.new, name="imports-new"),
    path("imports/uploads/<int:number>/", imports.upload, name="imports-upload"),
    path("imports/uploads/<int:number>/errors/", imports.upload_errors, name="imports-upload-errors"),
    path("imports/<int:number>/", imports.one, name="imports-one"),
    path("imports/<int:number>/undo/", imports.undone, name="imports-undo"),
    path("imports/<int:number>/mapping/", imports.mapping, name="imports-mapping"),
    path("imports/<int:number>/errors/", imports.errors, name="imports-errors"),
    path("nights/", nights.nights, name="nights"),
    path("nights/compare/", nights.compare, name="nights-compare"),
    path("nights/orders/<int:number>/", nights.order, name="nights-order"),
    path("nights/<str:date>/", nights.one, name="nights-one"),
]
