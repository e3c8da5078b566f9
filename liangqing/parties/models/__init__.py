from liangqing.parties.models.agreement import Agreement
from liangqing.parties.models.contact import Contact, Role
from liangqing.parties.models.creditor import Creditor
from liangqing.parties.models.deadline import Alarm, Deadline, Extension, Grade, Purpose
from liangqing.parties.models.party import Alias, Party
from liangqing.parties.models.restraint import Hold, Restraint

__all__ = [
    "Agreement",
    "Alarm",
    "Alias",
    "Contact",
    "Creditor",
    "Deadline",
    "Extension",
    "Grade",
    "Hold",
    "Party",
    "Purpose",
    "Restraint",
    "Role",
]
