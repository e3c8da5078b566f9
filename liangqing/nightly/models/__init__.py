from liangqing.nightly.models.run import Run

__all__ = ["Run"]
