from liangqing.parties.models.contact import Contact, Role
from liangqing.parties.models.creditor import Creditor
from liangqing.parties.models.party import Alias, Party

__all__ = ["Alias", "Contact", "Creditor", "Party", "Role"]
