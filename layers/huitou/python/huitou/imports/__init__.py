"""Bulk import (M36): files of members and purchases, booked as if each had come at its own time.

`rows` reads a file, `partition` brings together the rows that have to meet and puts them in order, `apply` decides
what a member's rows come to. Around these pure modules stand the use cases: `service` (what callers see of an
import), `preparing`, `working` and `reporting` (what the three states of the state machine do). A purchase means
here exactly what it means over the API; its decisions are those of `huitou.purchases`.
"""
