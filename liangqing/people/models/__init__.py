from liangqing.people.models.certificate import Certificate
from liangqing.people.models.department import Department
from liangqing.people.models.institution import Institution
from liangqing.people.models.user import MOST_CAPACITY, User

__all__ = ["MOST_CAPACITY", "Certificate", "Department", "Institution", "User"]
