"""Departments and the people in them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.events import PersonJoined
from liangqing.people.models import MOST_CAPACITY, Department, User
from liangqing.trail.actions.tell import tell


@action
@clause("P2 2.1")
def found_department(code: str, *, name: str = "", kind: str = "") -> Department:
    """The department with this code, made when missing; an existing one is left as it is."""
    if kind and kind not in Department.Kind.values:
        raise Refusal(
            "unknown_department_kind",
            _("“{kind}” is no kind of department. Use one of: {kinds}."),
            kind=kind,
            kinds=", ".join(Department.Kind.values),
        )
    department, _made = Department.objects.get_or_create(
        code=code, defaults={"name": name or code, "kind": kind or Department.Kind.COLLECTION}
    )
    return department


@action
@clause("P2 2.2")
def join(
    username: str,
    *,
    name: str,
    department: Department | None,
    position: str = "",
    duties: Sequence[str] = (Duty.COLLECT,),
    skills: Sequence[str] = (),
    capacity: int = 100,
    by: User | None = None,
    leads: bool = True,
) -> User:
    """A person starts work. Whoever has the duty of head becomes the head of the department, unless told not to lead it
    (a program reaches as far as a head, and heads nothing).

    Raises ``Refusal`` for a taken login name, an unknown duty or a capacity out of range.
    """
    if User.objects.filter(username=username).exists():
        raise Refusal(
            "username_taken", _("There is already a person “{username}”. Choose another login name."), username=username
        )
    if unknown := sorted(set(duties) - set(Duty.values)):
        raise Refusal(
            "unknown_duty",
            _("“{duty}” is no duty. Use one of: {duties}."),
            duty=unknown[0],
            duties=", ".join(Duty.values),
        )
    if not 0 <= capacity <= MOST_CAPACITY:
        raise Refusal(
            "capacity_out_of_range",
            _("The capacity is between 0 (takes no new cases) and {most}; 100 is a full load."),
            most=MOST_CAPACITY,
        )
    person = User(
        username=username,
        name=name,
        department=department,
        position=position,
        duties=list(duties),
        skills=list(skills),
        capacity=capacity,
    )
    person.set_unusable_password()
    person.save()
    if department is not None and Duty.HEAD in duties and leads:
        Department.objects.filter(pk=department.pk).update(head=person)
    tell(
        PersonJoined(
            thing_id=person.pk,
            username=username,
            department=department.code if department else "",
            duties=sorted(duties),
        ),
        by=by,
    )
    return person
