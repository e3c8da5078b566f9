from liangqing.imports.models.record import Change, Import, Profile

__all__ = ["Change", "Import", "Profile"]
