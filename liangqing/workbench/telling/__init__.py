"""The trail in words: ``words`` for what happens, ``things`` for whom and what, ``values`` for facts, ``entries`` for a line."""
