"""What happens next with something a provider did not accept. Pure: a receipt and the provider's own list decide.

Moving on to the next provider is a rule, never luck: only for faults the provider's settings name, only when it is
certain that nothing went out, and never because of the recipient.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from liangqing.outreach.channels.sending import Fault, Receipt, State

MAY_MOVE_ON = (Fault.UNREACHABLE, Fault.BUSY, Fault.CONTENT, Fault.ACCOUNT, Fault.REQUEST)
"""The faults for which settings may name the next provider."""


class Next(StrEnum):
    DONE = "done"
    RETRY = "retry"
    """The same parcel to the same provider, later."""
    MOVE_ON = "move_on"
    """The same parcel to the next provider by order."""
    ASK = "ask"
    """Ask the provider what became of it, else show it to a person: it may have gone out."""
    GIVE_UP = "give_up"


def next_step(receipt: Receipt, moves_on: Collection[str]) -> Next:
    """What to do after a receipt, with a provider whose settings let these faults move on.

    >>> from liangqing.outreach.channels.sending import rejected, unknown
    >>> str(next_step(rejected("no_template", "", Fault.CONTENT), ["content"]))
    'move_on'
    >>> str(next_step(unknown("timeout"), ["unreachable"]))
    'ask'
    """
    if receipt.state is State.ACCEPTED:
        return Next.DONE
    if receipt.state is State.UNKNOWN:
        return Next.RETRY if receipt.retry else Next.ASK
    if receipt.fault in moves_on and receipt.fault in MAY_MOVE_ON:
        return Next.MOVE_ON
    return Next.RETRY if receipt.retry else Next.GIVE_UP


def stops_provider(receipt: Receipt) -> bool:
    """Whether nothing at all will go through until somebody acts: no balance, a wrong key."""
    return receipt.state is State.REJECTED and receipt.fault is Fault.ACCOUNT
