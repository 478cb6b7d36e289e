"""A year in seconds: the same decisions over stores in memory.

`memory` is the table; ``memory_<part>`` holds one part's stores, true to the part's `ports`.
"""
