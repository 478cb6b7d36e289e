"""The ledger of points: wallets, lots, entries, earning and redemption.

`wallet` holds the values, `decisions` every change to them, `earning` what a purchase is worth, `replay` the
proof that entries tell the whole story. What was bought is in `huitou.purchases`.
"""
