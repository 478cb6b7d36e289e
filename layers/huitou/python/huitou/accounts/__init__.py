"""The money behind the points (M13): what is open, what has lapsed, and what brands owe each other.

All of it is told from ledger entries alone. Members are counted one by one, shard by shard; sums of shards add up.
"""
