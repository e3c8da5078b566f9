"""What a person may see: the rows all pages, searches, exports and endpoints start from.

Somebody who reaches only some people's work sees the cases they own or owned, the tasks they have, and of customers and
money what belongs to those, or names one of them as seller.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from liangqing.cases.models import Case, Promise, Task
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.receivables.models import Bill, Receipt
from liangqing.warning.models import Alert


def cases(user: User) -> QuerySet[Case]:
    people = reach(user)
    found = Case.objects.all() if can(user, "case.see") else Case.objects.none()
    return found if people is None else found.filter(owner__in=people)


def tasks(user: User) -> QuerySet[Task]:
    people = reach(user)
    found = Task.objects.all() if can(user, "case.see") else Task.objects.none()
    return found if people is None else found.filter(owner__in=people)


def promises(user: User) -> QuerySet[Promise]:
    people = reach(user)
    found = Promise.objects.all() if can(user, "case.see") else Promise.objects.none()
    return found if people is None else found.filter(case__owner__in=people)


def _of(user: User, field: str) -> Q:
    """The condition that ``field`` names a customer this person may see."""
    people = reach(user)
    if people is None:
        return Q()
    own = Case.objects.filter(owner__in=people).values("party_id")
    asked = Task.objects.filter(owner__in=people, state="open").values("party_id")
    sold = Bill.objects.filter(seller__in=people).values("party_id")
    return Q(**{f"{field}__in": own}) | Q(**{f"{field}__in": asked}) | Q(**{f"{field}__in": sold})


def parties(user: User) -> QuerySet[Party]:
    found = Party.objects.all() if can(user, "customer.see") else Party.objects.none()
    if reach(user) is None:
        return found
    own = Party.objects.filter(_of(user, "id"))
    # Who sees a number that turned out to be a duplicate sees the customer it is.
    return found.filter(_of(user, "id") | Q(id__in=own.filter(merged_into__isnull=False).values("merged_into_id")))


def bills(user: User) -> QuerySet[Bill]:
    found = Bill.objects.all() if can(user, "bill.see") else Bill.objects.none()
    return found.filter(_of(user, "party_id"))


def receipts(user: User) -> QuerySet[Receipt]:
    found = Receipt.objects.all() if can(user, "bill.see") else Receipt.objects.none()
    return found.filter(_of(user, "party_id"))


def alerts(user: User) -> QuerySet[Alert]:
    """Those of the customers this person may see, and those addressed to this very person."""
    found = Alert.objects.all() if can(user, "warning.see") else Alert.objects.none()
    return found if reach(user) is None else found.filter(_of(user, "party_id") | Q(recipients__contains=[user.pk]))
