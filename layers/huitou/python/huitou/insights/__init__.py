"""What is found out about all members together, from time to time: what their rhythm and their worth are measured by.

A job goes through everybody, part by part (`measuring`), fits what is to be fitted (`fitting`, the one module that
needs scipy) and keeps it (`store`). Predicates judge single members by it: see `huitou.segments`.
"""
