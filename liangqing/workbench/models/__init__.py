from liangqing.workbench.models.columns import Columns
from liangqing.workbench.models.night_order import NightOrder
from liangqing.workbench.models.permit import Permit
from liangqing.workbench.models.undoing import Undoing
from liangqing.workbench.models.upload import Upload

__all__ = ["Columns", "NightOrder", "Permit", "Undoing", "Upload"]
