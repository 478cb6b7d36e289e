"""Who a member is: identities, profile, tags, consent, and what each brand may see of them (M1, M3, M39, E31).

`identity` brings identities into one written form, `model` holds the values, `decisions` every change to them,
`visibility` what a brand sees. Points, and with them the brands joined, are in `huitou.points`.
"""
