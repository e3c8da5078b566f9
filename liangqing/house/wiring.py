"""Who hears what. Events travel up; this is the only place that says where to.

The trail is no listener: an event is an entry the moment it is told.
"""

from __future__ import annotations

from liangqing.approvals import policy_change
from liangqing.approvals.actions.upkeep import people_changed
from liangqing.approvals.events import RequestRejected, RequestReturned, RequestWithdrawn
from liangqing.cases.actions import night_messages
from liangqing.cases.actions.answered import answered
from liangqing.cases.actions.visited import visited
from liangqing.kit import bus
from liangqing.nightly.events import NightRun
from liangqing.outreach.actions import dispatches, templates
from liangqing.outreach.events import MessageMoved, ReplyReceived, VisitRecorded
from liangqing.people.events import HeadNamed, PersonChanged, PersonJoined
from liangqing.workbench import annex

LISTENERS: tuple[tuple[type, bus.Listener], ...] = (
    (PersonJoined, people_changed),
    (PersonChanged, people_changed),
    (HeadNamed, people_changed),
    (RequestRejected, policy_change.given_back),
    (RequestReturned, policy_change.given_back),
    (RequestWithdrawn, policy_change.given_back),
    (RequestRejected, templates.given_back),
    (RequestReturned, templates.given_back),
    (RequestWithdrawn, templates.given_back),
    (RequestRejected, dispatches.given_back),
    (RequestReturned, dispatches.given_back),
    (RequestWithdrawn, dispatches.given_back),
    (VisitRecorded, visited),
    (ReplyReceived, answered),
    (NightRun, night_messages.after),
    (MessageMoved, night_messages.went_out),
)
"""(event, listener) pairs. Requests for approval are put to whoever may decide them now; a version of the policy, or
a wording of a template, or a dispatch, whose request ended without a yes is a draft again. A visit becomes a record of its case;
an answer puts its case on the list of the next night; the night sends what the policy lets it send, and a task whose
message went out is done."""


def wire() -> None:
    """Let everybody hear what concerns them, and hang in the pages that need rooms beside each other. Called when the
    house starts."""
    from liangqing.house import programs  # once all models are there

    annex.hang(programs.PAGES)
    for event, listener in LISTENERS:
        bus.hear(event, listener)
