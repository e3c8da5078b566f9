"""Departments and the people in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.events import (
    DepartmentClosed,
    DepartmentFounded,
    DepartmentRenamed,
    DepartmentReopened,
    HeadNamed,
    PasswordSet,
    PersonChanged,
    PersonJoined,
    PersonLeft,
    PersonReturned,
)
from liangqing.people.models import MOST_CAPACITY, Department, User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

FIELDS = ("name", "department", "position", "duties", "skills", "capacity", "active")
"""What can be changed of a person; the login name stays."""


@action
@clause("P2 2.1")
def found_department(code: str, *, name: str = "", kind: str = "", by: User | None = None) -> Department:
    """The department with this code, made when missing; an existing one is left as it is.

    ``by`` is empty at the command line. Raises ``Refusal`` for an unknown kind.
    """
    _demand(by)
    if kind and kind not in Department.Kind.values:
        raise Refusal(
            "unknown_department_kind",
            _("“{kind}” is no kind of department. Use one of: {kinds}."),
            kind=kind,
            kinds=", ".join(Department.Kind.values),
        )
    department, made = Department.objects.get_or_create(
        code=code, defaults={"name": name or code, "kind": kind or Department.Kind.COLLECTION}
    )
    if made:
        founded = DepartmentFounded(thing_id=department.pk, code=code, department=department.name, kind=department.kind)
        tell(founded, by=by)
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
    _check(duties, capacity)
    _open(department)
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
    tell(
        PersonJoined(
            thing_id=person.pk,
            username=username,
            department=department.code if department else "",
            duties=sorted(duties),
        ),
        by=by,
    )
    if department is not None and Duty.HEAD in duties and leads:
        _lead(Department.objects.filter(pk=department.pk), person, by)
    return person


@action
@clause("P2 2.2")
def change(person: User, by: User | None, **fields: Any) -> User:
    """Change what a person is there for (``FIELDS``; ``by`` empty at the command line); leaving is ``active=False``.

    Who leaves heads nothing any more, and ``PersonLeft`` lets the rooms above deal the open work out anew. Raises
    ``Refusal`` for an unknown duty, a capacity out of range, audit beside duties that change things, or when nobody
    would be left to run the system.
    """
    _demand(by)
    if wrong := sorted(set(fields) - set(FIELDS)):
        raise TypeError(f"no field of a person: {wrong}")
    # All administrators are locked together, so that two of them can't remove each other at the same moment.
    locked = User.objects.select_for_update().filter(duties__contains=[Duty.ADMIN.value]).order_by("id")
    administrators = {administrator.pk for administrator in locked if administrator.is_active}
    person = User.objects.select_for_update(of=("self",)).select_related("department").get(pk=person.pk)
    before = _told(person)
    was_active, had = person.is_active, set(person.duties)
    if "name" in fields and not fields["name"].strip():
        raise Refusal("name_missing", _("A person has a name."), status=422)
    for field, value in fields.items():
        setattr(person, "is_active" if field == "active" else field, _spelled(field, value))
    _check(person.duties, person.capacity)
    if Duty.AUDIT in person.duties and set(person.duties) != had and set(person.duties) - {Duty.AUDIT, Duty.HEAD}:
        raise Refusal(
            "audit_stands_apart",
            _("Whoever audits may not also do what is audited. Take away the duty of audit, or all but heading."),
        )
    if administrators == {person.pk} and not (person.is_active and Duty.ADMIN in person.duties):
        raise Refusal(
            "last_administrator",
            _("{name} is the last who runs the system. Give that duty to somebody else first."),
            name=person.name,
        )
    after = _told(person)
    if before == after:
        return person
    if person.is_active and person.department_id and before["department"] != after["department"]:
        _open(person.department)
    person.save()
    changed = [field for field in FIELDS if before[field] != after[field]]
    tell(
        PersonChanged(
            thing_id=person.pk,
            before={field: before[field] for field in changed},
            after={field: after[field] for field in changed},
        ),
        by=by,
    )
    if not person.is_active or Duty.HEAD not in person.duties:
        _lead(Department.objects.filter(head=person), None, by)
    elif Duty.HEAD not in had and person.department_id:
        _lead(Department.objects.filter(pk=person.department_id), person, by)
    if was_active and not person.is_active:
        tell(PersonLeft(thing_id=person.pk, username=person.username), by=by)
    if person.is_active and not was_active:
        tell(PersonReturned(thing_id=person.pk, username=person.username), by=by)
    return person


@action
@clause("P2 2.1")
def head(department: Department, person: User | None, by: User | None) -> Department:
    """Name who heads a department, or nobody. Raises ``Refusal`` for somebody without that duty, or who has left."""
    _demand(by)
    if person is not None:
        _open(department)
    if person is not None and not (person.is_active and person.has_duty(Duty.HEAD)):
        raise Refusal(
            "not_a_head",
            _("{name} can't head a department. Give {name} the duty of heading one first."),
            name=person.name,
        )
    _lead(Department.objects.filter(pk=department.pk), person, by)
    department.refresh_from_db()
    return department


def _lead(departments: QuerySet[Department], person: User | None, by: User | None) -> None:
    """Name who heads these departments, and tell it of each where that is somebody else than before."""
    for department in departments.select_for_update(of=("self",)).order_by("id"):
        if department.head_id == (person.pk if person else None):
            continue
        department.head = person
        department.save(update_fields=["head"])
        named = HeadNamed(
            thing_id=department.pk, department=department.code, username=person.username if person else ""
        )
        tell(named, by=by)


@action
@clause("P2 2.1")
def close_department(department: Department, by: User | None) -> Department:
    """Close a department: nobody heads it any more and nobody joins it. What it did stays under its name.

    Raises ``Refusal`` while somebody works there (409), and when it is closed already.
    """
    _demand(by)
    department = Department.objects.select_for_update().get(pk=department.pk)
    if department.closed_on is not None:
        raise Refusal("department_closed", _("{name} is closed already."), name=department.name)
    if working := User.objects.filter(department=department, is_active=True).count():
        raise Refusal(
            "department_peopled",
            _("{count} people work in {name}. Move them to another department first."),
            count=working,
            name=department.name,
        )
    _lead(Department.objects.filter(pk=department.pk), None, by)
    department.refresh_from_db()
    department.closed_on = clock.today()
    department.save(update_fields=["closed_on"])
    tell(DepartmentClosed(thing_id=department.pk, code=department.code), by=by)
    return department


@action
@clause("P2 2.1")
def reopen_department(department: Department, by: User | None) -> Department:
    """Open a closed department again, without a head. Raises ``Refusal`` when it is not closed."""
    _demand(by)
    department = Department.objects.select_for_update().get(pk=department.pk)
    if department.closed_on is None:
        raise Refusal("department_open", _("{name} is not closed."), name=department.name)
    department.closed_on = None
    department.save(update_fields=["closed_on"])
    tell(DepartmentReopened(thing_id=department.pk, code=department.code), by=by)
    return department


@action
@clause("P2 2.1")
def rename(department: Department, name: str, by: User | None) -> Department:
    """Give a department another name; its code stays."""
    _demand(by)
    name = " ".join(name.split())[:100]
    if not name:
        raise Refusal("name_missing", _("A department has a name."), status=422)
    department = Department.objects.select_for_update().get(pk=department.pk)
    if department.name != name:
        before, department.name = department.name, name
        department.save(update_fields=["name"])
        tell(DepartmentRenamed(thing_id=department.pk, code=department.code, before=before, after=name), by=by)
    return department


@action
@clause("P2 6.2")
def set_password(person: User, password: str, by: User | None, *, keep: bool = False) -> None:
    """Let a person sign in with this password; whoever is signed in with the old one is signed out.

    People set their own; those who change people, anybody's. A password given by somebody else is known to two: the
    person has to choose another before anything else, unless it is given to ``keep``. Raises ``Refusal`` for a password
    that is too weak.
    """
    if by is None or by.pk != person.pk:
        _demand(by)
    try:
        validate_password(password, person)
    except ValidationError as weak:
        raise Refusal(
            "password_weak",
            _("Choose another password: {reasons}"),
            status=422,
            reasons=" ".join(weak.messages),
        ) from weak
    person.set_password(password)
    person.password_given = not keep and (by is None or by.pk != person.pk)
    person.save(update_fields=["password", "password_given"])
    tell(PasswordSet(thing_id=person.pk, username=person.username, to_change=person.password_given), by=by)


def _demand(by: User | None) -> None:
    """At the command line nobody is signed in: whoever reaches it runs the machine."""
    if by is not None:
        demand(by, "people.edit")


def _open(department: Department | None) -> None:
    if department is not None and department.closed_on is not None:
        raise Refusal(
            "department_closed_to_joining",
            _("{name} is closed. Choose another department, or open it again."),
            status=422,
            field="department",
            name=department.name,
        )


def _check(duties: Sequence[str], capacity: int) -> None:
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


def _spelled(field: str, value: Any) -> Any:
    if field in ("duties", "skills"):
        return sorted({str(item) for item in value})
    return " ".join(value.split())[:100] if field in ("name", "position") else value


def _told(person: User) -> dict[str, Any]:
    return {
        "name": person.name,
        "department": person.department.code if person.department else "",
        "position": person.position,
        "duties": sorted(person.duties),
        "skills": sorted(person.skills),
        "capacity": person.capacity,
        "active": person.is_active,
    }
