"""What members buy and do: purchases with their lines, receipts as identity, visits.

`model` holds the values, `receipts` what makes a sale the same sale, `decisions` what a sale comes to. Points
are decided by `huitou.points`; here they are written together with their cause.
"""
