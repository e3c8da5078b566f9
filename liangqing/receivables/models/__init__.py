from liangqing.receivables.models.allocation import Allocation
from liangqing.receivables.models.bill import Adjustment, Bill
from liangqing.receivables.models.contract import Contract
from liangqing.receivables.models.morning import Morning, Total, Unsettled
from liangqing.receivables.models.receipt import Receipt

__all__ = ["Adjustment", "Allocation", "Bill", "Contract", "Morning", "Receipt", "Total", "Unsettled"]
