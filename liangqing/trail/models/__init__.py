from liangqing.trail.models.block import Block
from liangqing.trail.models.entry import Entry

__all__ = ["Block", "Entry"]
