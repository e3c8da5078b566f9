"""The night's unit of work: a customer towards one creditor, with all currencies, and whether there is a case."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.policy import Policy
from liangqing.warning.rules.levels import RANK, rank

BANDS = ("small", "medium", "large")


@clause("P1 2.1.1", "P4-5 one case")
def obligors(accounts: ir.Table, levels: ir.Table, classes: ir.Table, policy: Policy) -> ir.Table:
    """One row a customer and creditor with anything open.

    In: ``accounts`` (see receivables), ``levels`` (see warning), ``classes`` (see there). Out: party_id,
    creditor_id, level (the highest of its currencies; 'none'), level_row, days (most over the currencies), covered
    (money on account and credit notes would pay all that is late), amount_band, worth (the late amount reaches the
    minimum in some currency), asked (anything is asked for at all), seller_id, customer_class, class_row, variant.
    """
    keys = ["party_id", "creditor_id", "currency"]
    known = levels.select(*(levels[key].name(f"level_{key}") for key in keys), level="level", level_row="row")
    each = accounts.left_join(known, [accounts[key] == known[f"level_{key}"] for key in keys])

    def reaches(term: str) -> ir.BooleanValue:
        return each.late >= policy.each(each, lambda rules: rules.terms.money_over(term, each.currency))

    each = each.mutate(
        rank=rank(each.level),
        band=reaches("priority.large_from").cast("int8") + reaches("priority.medium_from").cast("int8"),
        short=(each.late > 0) & (each.unapplied + each.credit < each.late),
        worth=(each.late > 0) & reaches("case.minimum"),
    )
    # Who speaks for the obligor: the worst account, then the oldest, then by name of the currency, so that two equal
    # ones give the same answer in whatever order they come.
    worst = [ibis.desc(each.rank), ibis.desc(ibis.coalesce(each.days, -(10**6))), each.currency]
    pair = ["party_id", "creditor_id"]
    each = each.mutate(
        place=ibis.row_number().over(ibis.window(group_by=pair, order_by=worst)),
        seller_place=ibis.row_number().over(ibis.window(group_by=pair, order_by=[each.seller_id.isnull(), *worst])),
    )
    total = each.group_by("party_id", "creditor_id").agg(
        rank=each.rank.max(),
        level_row=each.level_row.max(where=each.place == 0),
        days=each.days.max(),
        late_accounts=(each.late > 0).sum(),
        short_accounts=each.short.sum(),
        worth=each.worth.any(),
        asked=(each.balance > 0).any(),
        band=each.band.max(),
        seller_id=each.seller_id.max(where=each.seller_place == 0),
        variant=each.variant.max(),
    )
    graded = classes.select("customer_class", "class_row", of_party="party_id", of_creditor="creditor_id")
    joined = total.left_join(graded, [total.party_id == graded.of_party, total.creditor_id == graded.of_creditor])
    return joined.select(
        "party_id",
        "creditor_id",
        "level_row",
        "days",
        "worth",
        "asked",
        "seller_id",
        "variant",
        "customer_class",
        "class_row",
        level=ibis.cases(*((joined.rank == place, name) for name, place in RANK.items()), else_="none"),
        covered=(joined.late_accounts > 0) & (joined.short_accounts == 0),
        amount_band=ibis.cases(*((joined.band == place, name) for place, name in enumerate(BANDS)), else_=BANDS[0]),
    )


@clause("P1 2.1.1")
def standing_cases(obligors: ir.Table, cases: ir.Table, policy: Policy) -> ir.Table:
    """Which case is live, opens, moves or closes: one row an obligor that has a case or gets one.

    In: ``cases`` live ones (case_id, party_id, creditor_id, owner_id, level, level_row, customer_class, class_row,
    next_on, opened_on). Out: party_id, creditor_id, case_id (NULL: opens), level, level_row, customer_class, class_row,
    owner_id, next_on, opened_on, variant, ``worse`` (the level is higher than it was), ``classed`` (the class or the row
    that decides it is another), ``fate``: opens, closes, moves or stays.
    """
    opens_from = policy.each(obligors, lambda rules: ibis.literal(rules.terms["case.opens_from_days"]))
    due = obligors.filter(obligors.level != "none", obligors.worth, obligors.days >= opens_from).select(
        "party_id", "creditor_id", "level", "level_row", "customer_class", "class_row", "variant"
    )
    had = cases.rename(
        had_party="party_id",
        had_creditor="creditor_id",
        had_level="level",
        had_level_row="level_row",
        had_class="customer_class",
        had_class_row="class_row",
    )
    both = due.outer_join(had, [due.party_id == had.had_party, due.creditor_id == had.had_creditor])
    return both.select(
        "case_id",
        "owner_id",
        "level",
        "level_row",
        "had_level",
        "customer_class",
        "class_row",
        "next_on",
        "opened_on",
        "variant",
        classed=both.case_id.notnull()
        & both.party_id.notnull()
        & ((both.customer_class != both.had_class) | (both.class_row != both.had_class_row)),
        worse=both.case_id.notnull() & both.party_id.notnull() & (rank(both.level) > rank(both.had_level)),
        party_id=ibis.coalesce(both.party_id, both.had_party),
        creditor_id=ibis.coalesce(both.creditor_id, both.had_creditor),
        fate=ibis.cases(
            (both.case_id.isnull(), "opens"),
            (both.party_id.isnull(), "closes"),
            ((both.level != both.had_level) | (both.level_row != both.had_level_row), "moves"),
            else_="stays",
        ),
    )
