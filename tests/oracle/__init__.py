"""The slow oracle: what a night must decide, row by row in plain Python, and comparisons of the engine with it.

It shares no rule with the product: no sets, no SQL, no compiled tables. It reads the policy's YAML itself.
"""
