"""Liangqing 两清: the whole life of money that is owed and late."""

__version__ = "0.1.0"
