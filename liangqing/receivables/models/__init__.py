from liangqing.receivables.models.allocation import Allocation
from liangqing.receivables.models.bill import Adjustment, Bill, Unsettled
from liangqing.receivables.models.contract import Contract
from liangqing.receivables.models.receipt import Receipt

__all__ = ["Adjustment", "Allocation", "Bill", "Contract", "Receipt", "Unsettled"]
