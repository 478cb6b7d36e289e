"""The ledger of points: wallets, lots, entries, earning and redemption.

`wallet` holds the values, `commands` what can be asked of them, `decisions` what it comes to (with `ledger`, and
`holding`, `refunding` and `travelling` for what is not everyday), `earning` what a purchase is worth, `replay` the
proof that entries tell the whole story. What was bought is in `huitou.purchases`.
"""
