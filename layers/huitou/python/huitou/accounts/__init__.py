"""The money behind the points (M13): what is open, what has lapsed, and what brands owe each other.

All of it is told from ledger entries alone. Members are counted one by one, part by part; sums of parts add up.
"""
