from liangqing.parties.models.contact import Contact, Role
from liangqing.parties.models.creditor import Creditor
from liangqing.parties.models.party import Alias, Party
from liangqing.parties.models.restraint import Hold, Restraint

__all__ = ["Alias", "Contact", "Creditor", "Hold", "Party", "Restraint", "Role"]
