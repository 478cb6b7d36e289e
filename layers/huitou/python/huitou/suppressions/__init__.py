"""To which addresses nothing is sent any more (M25): nobody is there, somebody complained, or blocked us.

An address, not a member: families share a mailbox. It is known by its keyed digest alone (E25).
"""
