"""What early warning gives to the night."""

from __future__ import annotations

import ibis

from liangqing.kit.actions import clause
from liangqing.nightly.plan import Landing, Source, Step, Tables
from liangqing.warning.actions import landing
from liangqing.warning.rules import escalation, levels

SOURCES = (
    Source(
        "standings",
        "SELECT id AS standing_id, party_id, creditor_id, currency, level, row FROM warning_standing",
        of_party="party_id = {party}",
    ),
    Source(
        "unheard_alerts",
        """SELECT id AS alert_id, party_id, creditor_id, currency, level, raised_on,
                  ' ' || array_to_string(recipients, ' ') || ' ' AS told
           FROM warning_alert WHERE acknowledged_at IS NULL AND escalated_on IS NULL AND raised_on < '{as_of}'""",
        of_party="party_id = {party}",
    ),
)


def decide_levels(night: Tables) -> None:
    """The level of every account, and which differ from yesterday's."""
    now = night.keep("levels", levels.levels(night.table("accounts"), night.policy))
    night.keep("level_changes", levels.changes(now, night.table("standings"), night.policy))


@clause("P3 3.3.2")
def address_alerts(night: Tables) -> None:
    """Who is told of each account that reached a level: the head of the business that sold (all heads of business where
    the bill names no seller) and the heads of risk."""
    changes, accounts = night.table("level_changes"), night.table("accounts")
    people, heads = night.table("people"), night.table("heads")
    raised = changes.filter(changes.raised)
    sellers = accounts.select(
        of_party="party_id", of_creditor="creditor_id", of_currency="currency", seller_id="seller_id"
    )
    sold = raised.left_join(
        sellers,
        [
            raised.party_id == sellers.of_party,
            raised.creditor_id == sellers.of_creditor,
            raised.currency == sellers.of_currency,
        ],
    )
    homes = people.select(home_user="user_id", home="department_id")
    sold = sold.left_join(homes, sold.seller_id == homes.home_user)
    own = heads.filter(heads.kind == "business").select(own_department="department_id", own_head="head_id")
    sold = sold.left_join(own, sold.home == own.own_department)
    business, risk = (_heads_of(night, kind) for kind in ("business", "risk"))
    told = ibis.coalesce(sold.own_head.cast("string"), ibis.literal(business)) + " " + ibis.literal(risk)
    night.keep(
        "alerts",
        sold.select(
            "party_id",
            "creditor_id",
            "currency",
            "level",
            "row",
            "policy",
            amount=sold.late,
            days_late=sold.days,
            recipients=told.strip(),
        ).order_by("party_id", "creditor_id", "currency"),
    )


def _heads_of(night: Tables, kind: str) -> str:
    heads = night.table("heads")
    found = night.arrow(heads.filter(heads.kind == kind).select("head_id"))
    return " ".join(str(head) for head in sorted(found["head_id"].to_pylist()))


def escalate_alerts(night: Tables) -> None:
    """Which earlier warnings have waited too long, and who is told next."""
    night.keep(
        "escalations",
        escalation.escalations(
            night.table("unheard_alerts"), night.table("levels"), night.table("heads"), night.policy, night.date
        ),
    )


STEPS = (
    Step("levels", decide_levels, asks_policy=True),
    Step("alerts", address_alerts, asks_policy=True),
    Step("escalations", escalate_alerts, asks_policy=True),
)
LANDINGS = (
    Landing("standings", landing.land_standings),
    Landing("alerts", landing.land_alerts),
    Landing("escalations", landing.land_escalations),
)
