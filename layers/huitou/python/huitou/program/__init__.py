"""The programme: one validated, versioned document that says how the group rewards its members (M34).

`document` is its written form, `validation` what makes it workable, `model` what decisions read.
No member, purchase or point lives here.
"""
