from liangqing.people.models.department import Department
from liangqing.people.models.user import User

__all__ = ["Department", "User"]
