"""What may move what a customer owes in the course of a day, drawn at random."""

from __future__ import annotations

from hypothesis import strategies as st

from liangqing.receivables.actions import bills
from liangqing.receivables.models import Bill
from tests.cast import Cast, Customer


def moves(customers: int) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Some acts, each of one of so many customers, with an amount."""
    acts = st.sampled_from(("bill", "pays", "adjusts", "account"))
    return st.lists(st.tuples(acts, st.integers(0, customers - 1), st.integers(1, 900)), max_size=6)


def does(cast: Cast, customer: Customer, act: str, amount: int, bill: Bill) -> None:
    """Something that moves what is owed, or does not; ``bill`` is the one it is about, if it is about one."""
    if act == "bill":
        customer.bill(amount, due="2026-03-05")
    elif act == "pays":
        customer.pays(1, on="2026-03-11", bill=bill)
    elif act == "adjusts":
        bills.adjust(bill, principal=amount, reason="更正", by=cast.zhao)
    else:
        customer.pays(amount, on="2026-03-11")
