from liangqing.workbench.models.columns import Columns

__all__ = ["Columns"]
