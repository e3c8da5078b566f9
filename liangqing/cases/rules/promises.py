"""The fate of promises: judged by what came in, never typed."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.sets import day, days_between
from liangqing.policy import Policy
from liangqing.policy.terms import Terms

JUDGED = ("kept", "partly", "broken")


def came(receipts: ir.Table, promises: ir.Table) -> ir.Table:
    """The receipts of accounts with an open promise since the day it was given; no promise is judged by others."""
    open_ones = promises.filter(promises.state == "open")
    since = open_ones.group_by("party_id", "creditor_id", "currency").agg(since=open_ones.promised_on.min())
    since = since.rename(of_party="party_id", of_creditor="creditor_id", of_currency="currency")
    return receipts.join(
        since,
        [
            receipts.party_id == since.of_party,
            receipts.creditor_id == since.of_creditor,
            receipts.currency == since.of_currency,
            receipts.received_on >= since.since,
        ],
    ).select(*receipts.columns)


@clause("P4-3.1")
def fates(
    promises: ir.Table, receipts: ir.Table, accounts: ir.Table, standing: ir.Table, policy: Policy, as_of: dt.date
) -> ir.Table:
    """Open promises whose fate is known on ``as_of``: promise_id, case_id, party_id, state, paid (minor units).

    In: ``promises`` (promise_id, case_id, party_id, creditor_id, currency, amount, promised_on, due_on, state),
    ``receipts`` (party_id, creditor_id, currency, received_on, amount), ``accounts``, ``standing`` cases of tonight.
    Money of the customer counts from the day of the promise to its due day plus the tolerance. Kept as soon as enough
    came, or nothing is late any more, or the case closes; once the time is over, partly kept when something came, else
    broken. A promise given after ``as_of`` (the night is caught up later) waits, unless its case closes.
    """
    closing = standing.filter(standing.fate == "closes").select(closing_id="case_id")
    keys = ["party_id", "creditor_id", "currency"]
    known = accounts.select(*(accounts[key].name(f"late_{key}") for key in keys), late="late", variant="variant")
    open_ones = promises.filter(promises.state == "open")
    open_ones = open_ones.left_join(closing, open_ones.case_id == closing.closing_id)
    open_ones = open_ones.left_join(known, [open_ones[key] == known[f"late_{key}"] for key in keys])
    tolerance = policy.each(open_ones, lambda rules: ibis.literal(rules.terms["promise.tolerance_days"]))
    open_ones = open_ones.mutate(
        closes=open_ones.closing_id.notnull(),
        until_on=(open_ones.due_on + tolerance.as_interval("D")).cast("date"),
        anything_late=ibis.coalesce(open_ones.late > 0, False),
    ).filter(lambda t: (t.promised_on <= day(as_of)) | t.closes)
    came = receipts.select(
        from_party=receipts.party_id,
        from_creditor=receipts.creditor_id,
        from_currency=receipts.currency,
        received_on=receipts.received_on,
        received=receipts.amount,
    ).filter(lambda t: t.received_on <= day(as_of))
    met = open_ones.left_join(
        came,
        [
            open_ones.party_id == came.from_party,
            open_ones.creditor_id == came.from_creditor,
            open_ones.currency == came.from_currency,
            came.received_on >= open_ones.promised_on,
            came.received_on <= open_ones.until_on,
        ],
    )
    kept = ("promise_id", "case_id", "party_id", "currency", "amount", "until_on", "closes", "anything_late", "variant")
    both = met.group_by(*kept).agg(paid=ibis.coalesce(met.received.sum(), 0).cast("int64"))
    missing = policy.each(both, lambda rules: rules.terms.money_over("promise.tolerance_amount", both.currency))
    enough = both.paid >= both.amount - missing
    over = both.until_on < day(as_of)
    return both.select(
        "promise_id",
        "case_id",
        "party_id",
        "paid",
        state=ibis.cases(
            (enough | ~both.anything_late | both.closes, "kept"),
            (over & (both.paid > 0), "partly"),
            (over, "broken"),
            else_="open",
        ),
    ).filter(lambda t: t.state != "open")


def fate(
    *, amount: int, currency: str, due_on: dt.date, paid: int, anything_late: bool, terms: Terms, as_of: dt.date
) -> str:
    """The twin for one promise; ``paid`` is what came from its day to its due day plus the tolerance."""
    if paid >= amount - terms.money("promise.tolerance_amount", currency) or not anything_late:
        return "kept"
    if due_on + dt.timedelta(days=terms["promise.tolerance_days"]) >= as_of:
        return "open"
    return "partly" if paid > 0 else "broken"


def last_results(
    promises: ir.Table, fates: ir.Table, records: ir.Table, standing: ir.Table, policy: Policy, as_of: dt.date
) -> ir.Table:
    """What was heard last of each case tonight: case_id, last_result.

    In: ``records`` that say something (record_id, case_id, contacted_on, says, says_until_on), none of them corrected.
    Of promises an open one speaks first; else the one judged last, while it is remembered. The last record of a case
    speaks, as long as the table case.result gave it, over a promise that is no younger: who has disputed the bill after
    promising is not asked why the promise was broken. A record that says ``none`` leaves the word to the promise.
    """
    tonight = fates.select(fate_id="promise_id", fate="state")
    given = promises.filter(promises.promised_on <= day(as_of))
    both = given.left_join(tonight, given.promise_id == tonight.fate_id)
    now = both.select(
        "promise_id",
        "case_id",
        "promised_on",
        state=ibis.coalesce(both.fate, both.state),
        judged_on=both.fate.notnull().ifelse(day(as_of), both.judged_on),
    )
    ruled = standing.filter(standing.case_id.notnull()).select(ruled_id="case_id", variant="variant")
    now = now.left_join(ruled, now.case_id == ruled.ruled_id)

    def remembered(rules: Policy) -> ir.BooleanValue:
        since = as_of - dt.timedelta(days=rules.terms["promise.remembered_days"])
        return now.judged_on > ibis.literal(since, type="date")

    speaking = now.filter((now.state == "open") | (now.state.isin(JUDGED) & policy.each(now, remembered)))
    # Open before all; then the day of the judgement; among those of one day the promise given last.
    judged = days_between(day(dt.date(1970, 1, 1)), speaking.judged_on).cast("int64") * ibis.literal(
        10**13, type="int64"
    )
    order = (speaking.state == "open").ifelse(ibis.literal(10**18, type="int64"), judged) + speaking.promise_id
    promised = speaking.group_by(promise_case=speaking.case_id).agg(
        promise_says=("promise_" + speaking.state).argmax(order), promised_on=speaking.promised_on.argmax(order)
    )
    known = records.filter(records.contacted_on <= day(as_of))
    written = days_between(day(dt.date(1970, 1, 1)), known.contacted_on).cast("int64") * ibis.literal(
        10**13, type="int64"
    )
    latest = written + known.record_id
    heard = known.group_by(record_case=known.case_id).agg(
        record_says=known.says.argmax(latest),
        contacted_on=known.contacted_on.argmax(latest),
        until_on=known.says_until_on.argmax(latest),
    )
    heard = heard.filter(heard.record_says != "none", heard.until_on > day(as_of))
    all_words = promised.outer_join(heard, promised.promise_case == heard.record_case)
    younger = ibis.coalesce(all_words.promised_on > all_words.contacted_on, False)
    return all_words.select(
        case_id=ibis.coalesce(all_words.promise_case, all_words.record_case),
        last_result=(all_words.record_says.isnull() | younger).ifelse(all_words.promise_says, all_words.record_says),
    )
