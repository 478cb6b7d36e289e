"""The member clock: what time alone changes about a member is found when it is due, and booked.

`clock` is the tick, `messages` what it says to the worker, `store` the due index. What is due is written by the
part that owes it, in the transaction that creates it; a wallet's deadline is part of `huitou.points`.
"""
