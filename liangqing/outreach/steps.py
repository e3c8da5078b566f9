"""What outreach gives to the night: who may be asked for payment today, by what, from when."""

from __future__ import annotations

import datetime as dt

import ibis

from liangqing import policy
from liangqing.kit.actions import clause
from liangqing.nightly.plan import Landing, Source, Step, Tables
from liangqing.outreach.actions import landing
from liangqing.outreach.ahead import Day, debts
from liangqing.outreach.rules import foretold, outlook
from liangqing.outreach.singly import Singly


class RecentSource(Source):
    """A source that reads back as far as the policy in force asks: ``$since`` in its query, and ``$numbered`` for
    what is counted for each number."""

    def sql(self, as_of: dt.date, party_id: int | None = None) -> str:
        rules, query = policy.in_force(as_of), super().sql(as_of, party_id)
        for mark, by_number in (("$since", False), ("$numbered", True)):
            since = as_of - dt.timedelta(days=outlook.looks_back(rules, by_number=by_number))
            query = query.replace(mark, f"'{since.isoformat()}'::timestamptz")
        return query


_HOLDS = """(r.lifted_at IS NULL OR r.lifted_at > '{as_of}'::timestamptz - interval '1 day')
            AND (r.until_at IS NULL OR r.until_at > '{as_of}'::timestamptz - interval '1 day')"""
_COUNTED = "(a.answer = 'allowed' OR NOT a.ahead) AND a.outcome <> 'called_off'"
SOURCES = (
    Source(
        "creditor_kinds", "SELECT id AS creditor_id, kind AS creditor_kind, code AS creditor_code FROM parties_creditor"
    ),
    Source(
        "other_selves",
        """SELECT id AS party_id, coalesce(merged_into_id, id) AS person_id, zone FROM parties_party
           WHERE zone <> '' OR merged_into_id IS NOT NULL""",
        of_party="party_id = {party}",
    ),
    RecentSource(
        "attempts",
        f"""SELECT coalesce(p.merged_into_id, p.id) AS person_id, floor(extract(epoch FROM a.at))::bigint AS at_s,
                   a.channel, a.content, a.recipient, encode(a.value_index, 'hex') AS number, coalesce(a.creditor_id, 0) AS debt,
                   a.outcome
            FROM outreach_attempt a JOIN parties_party p ON p.id = a.party_id
            WHERE {_COUNTED} AND a.at > $since""",
        of_party="person_id = {party}",
    ),
    Source(
        "restraints",
        f"""SELECT r.id AS restraint_id, coalesce(p.merged_into_id, p.id) AS person_id, r.kind,
                   floor(extract(epoch FROM r.since_at))::bigint AS since_s,
                   floor(extract(epoch FROM least(r.until_at, r.lifted_at)))::bigint AS until_s, r.channel,
                   encode(r.value_index, 'hex') AS number, coalesce(r.creditor_id, 0) AS debt,
                   r.from_minute::bigint AS from_minute, r.until_minute::bigint AS until_minute, r.about, r.amount, r.place
            FROM parties_restraint r JOIN parties_party p ON p.id = r.party_id WHERE {_HOLDS}""",
        of_party="person_id = {party}",
    ),
    Source(
        "disputed_bills",
        f"""SELECT DISTINCT r.id AS restraint_id, b.id AS bill_id
            FROM parties_restraint r JOIN receivables_bill b ON b.number = r.about
            WHERE r.kind = 'dispute' AND r.about <> '' AND {_HOLDS}""",
    ),
    Source(
        "exemptions",
        """SELECT coalesce(p.merged_into_id, p.id) AS person_id, e.channel, array_to_string(e.rules, ' ') AS rules,
                  floor(extract(epoch FROM e.from_at))::bigint AS from_s,
                  floor(extract(epoch FROM e.until_at))::bigint AS until_s
           FROM outreach_exemption e JOIN parties_party p ON p.id = e.party_id
           WHERE e.until_at > '{as_of}'::timestamptz - interval '1 day'""",
        of_party="person_id = {party}",
    ),
    Source(
        "special_days",
        """SELECT "on", works FROM policy_specialday
           WHERE "on" >= '{as_of}'::date - 2 AND "on" < '{as_of}'::date + 400""",
    ),
    Source(
        "lines", "SELECT channel, bool_or(contracted) AS contracted FROM outreach_line WHERE active GROUP BY channel"
    ),
    RecentSource(
        "own_ways",
        f"""WITH tried AS (SELECT party_id FROM outreach_attempt a WHERE {_COUNTED} AND a.at > $numbered
                           UNION SELECT party_id FROM parties_restraint r WHERE {_HOLDS}
                           UNION SELECT party_id FROM parties_contact WHERE source = 'phone_book'),
                 several AS (SELECT DISTINCT coalesce(p.merged_into_id, p.id) AS id
                             FROM tried JOIN parties_party p ON p.id = tried.party_id)
            SELECT s.id AS person_id, c.id AS contact_id, c.kind, c.role, encode(c.value_index, 'hex') AS number,
                   c.validity = 'valid' AS valid, c.source <> 'phone_book' AS reserved
            FROM several s JOIN parties_party p ON coalesce(p.merged_into_id, p.id) = s.id
            JOIN parties_contact c ON c.party_id = p.id
            WHERE c.validity <> 'invalid'
              AND (c.role = 'self' OR (p.kind = 'company' AND c.role IN ('colleague', 'employer')))""",
        of_party="person_id = {party}",
    ),
    Source(
        "outlook_before",
        """SELECT id AS outlook_id, party_id, creditor_id, channel, effect, from_minute,
                  array_to_string(rules, ' ') AS rules
           FROM outreach_outlook""",
        of_party="party_id = {party}",
    ),
)


@clause("P2 3.3.2", "P4-4 worklist")
def look_ahead(night: Tables) -> None:
    """Who may be asked for payment on this day, by each channel: from which minute, or why not.

    Keeps ``debts``: who has something late towards whom, and the standpoint they share with others; ``outlook_usual``:
    what counts for all of a standpoint, by channel; ``outlook``: who is decided singly (``foretold.everyone`` puts them
    together); ``outlook_changes``: how what is the debtor's own differs from what is stored. No part of a trial:
    nothing that is compared there comes of it.
    """
    day = Day(night, night.keep("debts", debts(night)))
    night.keep("outlook_usual", day.usual())
    told, own = (ibis.memtable(each.empty_table()) for each in (foretold.OUTLOOK, foretold.OWN))
    singly = Singly(day)
    if singly.anybody():
        decided = night.keep("outlook_singly", singly.decided())
        told, own = decided.select(*foretold.TOLD), foretold.own(decided)
    night.keep("outlook", told)
    night.keep("outlook_changes", foretold.changes(own, night.table("outlook_before")))


STEPS = (Step("outlook", look_ahead),)
LANDINGS = (Landing("outlook", landing.land_outlook),)
