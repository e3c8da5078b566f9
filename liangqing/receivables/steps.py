"""What receivables give to the night: sources and the first steps."""

from __future__ import annotations

from liangqing.nightly.plan import Landing, Source, Step, Tables
from liangqing.policy.terms import definitions
from liangqing.receivables.actions import landing
from liangqing.receivables.rules import habits, owing, scopes

SOURCES = (
    Source(
        "bills",
        """SELECT b.id AS bill_id, b.party_id, b.creditor_id, b.currency, b.kind, b.issued_on, b.due_on,
                  b.contract_id, b.principal + b.interest + b.penalty + b.fee AS amount, b.seller_id,
                  c.ends_on AS contract_ends_on
           FROM receivables_bill b LEFT JOIN receivables_contract c ON c.id = b.contract_id""",
        of_party="party_id = {party}",
    ),
    Source(
        "adjustments",
        """SELECT bill_id, effective_on, principal + interest + penalty + fee AS amount FROM receivables_adjustment""",
        of_party="bill_id IN (SELECT id FROM receivables_bill WHERE party_id = {party})",
    ),
    Source(
        "receipts",
        "SELECT id AS receipt_id, party_id, creditor_id, currency, received_on, amount FROM receivables_receipt",
        of_party="party_id = {party}",
    ),
    Source(
        "allocations",
        "SELECT receipt_id, bill_id, allocated_on, amount FROM receivables_allocation",
        of_party="bill_id IN (SELECT id FROM receivables_bill WHERE party_id = {party})",
    ),
)
FOUND_BEFORE = (
    Source(
        "books",
        """SELECT now() AS taken_at,
                  pg_snapshot_xmin(pg_current_snapshot())::text::bigint & 4294967295 AS finished_below,
                  coalesce((SELECT max(id) FROM receivables_bill), 0) AS last_bill,
                  coalesce((SELECT max(id) FROM receivables_adjustment), 0) AS last_adjustment,
                  coalesce((SELECT max(id) FROM receivables_allocation), 0) AS last_allocation,
                  coalesce((SELECT max(id) FROM imports_import), 0) AS last_import,
                  (SELECT count(*) FROM imports_import WHERE status = 'undone') AS undone""",
    ),
    Source(
        "unsettled_before",
        "SELECT bill_id, party_id, due_on, asks FROM receivables_unsettled",
        of_party="party_id = {party}",
    ),
    Source(
        "totals_before",
        "SELECT party_id, creditor_id, currency, asked, late, due_on FROM receivables_total",
        of_party="party_id = {party}",
    ),
)
"""How far the books go, and what the last night left behind of them (``models.morning``)."""
RESTING = (
    Source("unspent", "SELECT * FROM receipts", here=True),
    Source(
        "at_rest",
        f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in habits.EACH.items())} WHERE false",
        here=True,
    ),
)
"""Where everything is read nothing is at rest (``actions.books``): any receipt may have something left."""


def find_what_is_owed(night: Tables) -> None:
    """What is owed and how late, per bill."""
    night.keep(
        "owed", owing.owed(night.table("bills"), night.table("adjustments"), night.table("allocations"), night.date)
    )


def total_accounts(night: Tables) -> None:
    """Totals, overdue share and oldest lateness per customer, creditor and currency."""
    unapplied = owing.unapplied(night.table("unspent"), night.table("allocations"), night.date)
    night.keep("totals", owing.accounts(night.table("owed"), unapplied))


def find_what_is_asked(night: Tables) -> None:
    """What is left for the pages of the day: the totals of accounts that are asked for anything, and what is unsettled."""
    night.keep("asked_totals", owing.asked(night.table("totals"), night.date))
    night.keep("unsettled_now", owing.unsettled(night.table("owed"), night.table("bills")))


def find_habits(night: Tables) -> None:
    """How each customer with anything open has paid, for every window a class may look back."""
    windows = definitions()["class.looks_back_days"].choices
    night.keep(
        "habits",
        habits.habits(
            night.table("bills"),
            night.table("adjustments"),
            night.table("allocations"),
            night.table("at_rest"),
            night.table("totals"),
            windows,
            night.date,
        ),
    )


def find_variants(night: Tables) -> None:
    """Which variant of the policy decides each account: its line, place and kind of debtor, and the lot drawn for it."""
    totals = night.table("totals")
    if night.policy.variants:
        totals = scopes.placed(totals, night.table("parties"), night.table("creditors"))
    night.keep("accounts", scopes.decided_by(totals, night.policy))


PREPARING = (
    Step("owed", find_what_is_owed),
    Step("totals", total_accounts),
    Step("habits", find_habits),
)
STEPS = (Step("accounts", find_variants, asks_policy=True),)
LEAVING = (Step("asked", find_what_is_asked),)
"""What only a night needs, to leave it behind."""
LANDINGS = (
    Landing("morning", landing.land_morning),
    Landing("unsettled", landing.land_unsettled),
    Landing("totals", landing.land_totals),
)
