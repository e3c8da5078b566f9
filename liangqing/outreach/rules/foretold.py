"""What the outlook tells: its tables, how they come together, and how what is a debtor's own changes."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from liangqing.outreach.rules.facts import RANKS

POINT = ("country", "zone", "regime", "variant")
"""What all who stand alike share: place, rules and the variant of the policy."""
_TYPES = {"text": pa.string(), "whole": pa.int64(), "small": pa.int16()}


def shape(**columns: str) -> pa.Schema:
    """Columns by name: text, whole (numbers) or small (ones)."""
    return pa.schema({name: _TYPES[kind] for name, kind in columns.items()})


OWN = shape(party_id="whole", creditor_id="whole", channel="text", effect="text", from_minute="whole", rules="text")
"""What is a debtor's own: no more than differs from all who stand alike."""
TOLD = ("party_id", "creditor_id", "channel", "contact_id", "answer", "effect", "from_minute", "rules")
OUTLOOK = shape(
    party_id="whole", creditor_id="whole", channel="text", contact_id="whole", answer="text", effect="text",
    from_minute="whole", rules="text",
)  # fmt: skip


def everyone(debts: ir.Table, usual: ir.Table, singly: ir.Table) -> ir.Table:
    """The whole outlook, a row a debtor, creditor and channel: who is decided singly, and all others as usual."""
    rows = debts.join(usual, POINT).anti_join(singly, ["party_id", "creditor_id", "channel"])
    rows = rows.mutate(contact_id=ibis.null("int64"))
    return rows.select(*TOLD).union(singly.select(*TOLD))


def own(singly: ir.Table) -> ir.Table:
    """What is their own, of those decided singly: effect, from_minute and rules that differ from all who stand alike."""
    found = singly.filter((singly.own_rules != "") | singly.own_minute.notnull())
    return found.select(
        "party_id",
        "creditor_id",
        "channel",
        effect=effect_of(found.own_rank),
        from_minute=found.own_minute,
        rules=found.own_rules,
    )


def changes(own: ir.Table, before: ir.Table) -> ir.Table:
    """How it differs from what is stored: outlook_id (NULL: came) and what it is now (effect NULL: went)."""
    then = before.rename(
        then_party="party_id", then_creditor="creditor_id", then_channel="channel", then_effect="effect",
        then_minute="from_minute", then_rules="rules",
    )  # fmt: skip
    both = own.outer_join(
        then,
        [own.party_id == then.then_party, own.creditor_id == then.then_creditor, own.channel == then.then_channel],
    )
    same = (
        (both.effect == both.then_effect)
        & (both.rules == both.then_rules)
        & (ibis.coalesce(both.from_minute, -1) == ibis.coalesce(both.then_minute.cast("int64"), -1))
    )
    return both.filter(~ibis.coalesce(same, False)).select(
        "outlook_id", "party_id", "creditor_id", "channel", "effect", "from_minute", "rules"
    )


def told(rank: ir.IntegerValue, minute: ir.IntegerValue, rules: ir.StringValue) -> dict[str, ir.Value]:
    """The columns of an answer to a person; what runs by itself takes the effect ``warn`` as no."""
    answer = ibis.cases(
        (rank == RANKS.index("block"), "refused"), (rank == RANKS.index("approval"), "approval"), else_="allowed"
    )
    allowed = rank < RANKS.index("approval")
    return {"answer": answer, "effect": effect_of(rank), "from_minute": allowed.ifelse(minute, None), "rules": rules}


def effect_of(rank: ir.IntegerValue) -> ir.StringValue:
    return ibis.cases(*((rank == place, name) for place, name in enumerate(RANKS)))


def rank_of(effect: ir.StringValue) -> ir.IntegerValue:
    return ibis.cases(*((effect == name, place) for place, name in enumerate(RANKS)))
