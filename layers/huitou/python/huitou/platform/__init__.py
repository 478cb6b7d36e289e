"""What touches AWS and is not a store: the table, HTTP, settings, logs and metrics.

Nothing here knows what a member or a point is. Stores build on `table` and `keys`; functions build on the rest.
"""
