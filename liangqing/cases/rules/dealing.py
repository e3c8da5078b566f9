"""Who answers for a case: whoever has it keeps it; whoever sold collects; the rest is dealt out in balance."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.policy import Policy


@clause("P4-5 one person per debt")
def kept(standing: ir.Table, work: ir.Table, stored: ir.Table, people: ir.Table, policy: Policy) -> ir.Table:
    """Every obligor that needs somebody, with the owner it keeps or the seller it goes to (owner_id NULL: to be dealt).

    In: ``standing`` and ``work`` of tonight, ``stored`` open tasks (for reminders without a case, which say nothing
    about who gets the case that may follow), ``people`` (user_id, capacity, sells). Somebody who left keeps nothing,
    and a seller who takes no new cases gets none.

    Out: party_id, creditor_id, desk, owner_id, points.
    """
    keys = ["party_id", "creditor_id"]
    needy = work.filter(work.fate.notnull() | ~work.action.isin(["none", "wait"]))
    had_case = standing.filter(standing.owner_id.notnull(), standing.fate != "closes").select(
        *(standing[key].name(f"case_{key}") for key in keys), case_owner="owner_id"
    )
    had_task = stored.filter(stored.owner_id.notnull()).select(
        *(stored[key].name(f"task_{key}") for key in keys), task_owner="owner_id"
    )
    both = needy.left_join(had_case, [needy[key] == had_case[f"case_{key}"] for key in keys])
    both = both.left_join(had_task, [both[key] == had_task[f"task_{key}"] for key in keys])
    reminded = both.fate.isnull().ifelse(both.task_owner, ibis.null("int64"))
    both = both.mutate(
        desk_row=policy.each(both, lambda rules: rules.tables["case.desk"].row_for(both)),
        before=ibis.coalesce(both.case_owner, reminded),
    )
    here = people.select(here_id="user_id")
    sellers = people.filter(people.sells, people.capacity > 0).select(seller_here="user_id")
    both = both.left_join(here, both.before == here.here_id)
    both = both.left_join(sellers, both.seller_id == sellers.seller_here)

    def says(column: str) -> ir.Value:
        return policy.each(both, lambda rules: rules.tables["case.desk"].output(both.desk_row, column))

    seller = says("seller_first").ifelse(both.seller_here, ibis.null("int64"))
    return both.select(
        *keys,
        "points",
        desk=says("desk"),
        owner_id=ibis.coalesce(both.here_id, seller),
    )


@clause("P4-4 even share")
def dealt(unowned: ir.Table, people: ir.Table, loads: ir.Table) -> ir.Table:
    """Deal one desk's obligors to the people who can work at it, so that loads end as level as they can.

    In: ``unowned`` (party_id, creditor_id, points), ``people`` of this desk (user_id, capacity > 0; more capacity
    carries more), ``loads`` (user_id, load: obligors already theirs). Out: party_id, creditor_id, owner_id.

    Water filling: each person offers places at heights (load + 1) / capacity, (load + 2) / capacity, …; the lowest
    places are taken, the most urgent obligor first. How high the water will stand bounds the places to look at. Heights
    are compared in millionths: two different ones lie at least that far apart, since no capacity is over a thousand.
    """
    scale = 1_000_000
    held = people.left_join(loads.select(load_user="user_id", load="load"), people.user_id == loads.user_id)
    held = held.select("user_id", "capacity", load=ibis.coalesce(held.load, 0))
    count = unowned.count().as_scalar()
    by_height = ibis.window(order_by=[(held.load * scale) // held.capacity, held.user_id], rows=(None, 0))
    # The water level if only the k lowest people got something; the lowest of these is the true level.
    level = ((count + held.load.sum().over(by_height)) * scale) // held.capacity.sum().over(by_height)
    water = held.mutate(level=level)
    water = water.mutate(water=water.level.min().over(ibis.window()))
    offers = water.mutate(
        offer=ibis.greatest((water.water * water.capacity) // scale - water.load, 0).cast("int64") + 2
    )
    places = offers.mutate(place=ibis.range(1, offers.offer + 1).unnest())
    places = places.mutate(height=((places.load + places.place) * scale) // places.capacity)
    ranked = places.select(
        "user_id", turn=ibis.row_number().over(ibis.window(order_by=[places.height, places.user_id]))
    )
    queue = unowned.select(
        "party_id",
        "creditor_id",
        turn=ibis.row_number().over(
            ibis.window(order_by=[ibis.desc(unowned.points), unowned.party_id, unowned.creditor_id])
        ),
    )
    return queue.join(ranked, queue.turn == ranked.turn).select("party_id", "creditor_id", owner_id=ranked.user_id)
