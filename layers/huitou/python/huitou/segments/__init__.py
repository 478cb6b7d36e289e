"""Who is in which segment, and until when if nothing else happens (M16, M17).

Here are the facts that predicates ask about, how a predicate is judged, and how a member's position is worked out
from that and kept. What predicates there are is `huitou.program.predicates`; tiers, and the clock that wakes a member
up, are in `huitou.standing`.
"""
