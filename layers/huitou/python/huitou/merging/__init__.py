"""Two members who are one person become one, and apart again where that was a mistake (M2, E15).

A merge moves no facts: purchases, visits and entries stay where they were written, and the member who stays knows whose
partitions are theirs too.
"""
