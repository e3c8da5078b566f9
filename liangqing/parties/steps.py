"""What parties give to the night: customers and creditors, and which deadlines come near or ran out."""

from __future__ import annotations

from liangqing.kit.actions import clause
from liangqing.nightly.plan import Landing, Source, Step, Tables
from liangqing.parties.actions import landing
from liangqing.parties.rules import deadlines

SOURCES = (
    Source(
        "parties",
        "SELECT id AS party_id, kind, country, customer_class FROM parties_party",
        of_party="party_id = {party}",
    ),
    Source("creditors", "SELECT id AS creditor_id, code FROM parties_creditor"),
    Source(
        "deadlines",
        """SELECT d.id AS deadline_id, r.party_id, d.due_on, d.warn_on, d.alarm
           FROM parties_deadline d JOIN parties_restraint r ON r.id = d.restraint_id WHERE d.met_on IS NULL""",
        of_party="party_id = {party}",
    ),
)


@clause("P4-3.1 refusal")
def find_alarms(night: Tables) -> None:
    """Complaints and claims that are due soon or overdue, and were not the night before."""
    told = deadlines.states(night.table("deadlines"), night.date)
    night.keep("deadline_alarms", told.filter(told.state != told.alarm).order_by("deadline_id"))


STEPS = (Step("deadlines", find_alarms),)
LANDINGS = (Landing("deadlines", landing.land_alarms),)
