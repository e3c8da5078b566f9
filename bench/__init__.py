"""Benchmarks: how long real work takes, as ratios to bare work measured in the same run."""
