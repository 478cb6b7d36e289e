"""Proofs by one-time codes (M39): a code is sent to a phone number or mailbox, and whoever says it holds that.

The message that brings it is one of the outbox, as any other. What a proof opens is decided in `huitou.members`.
"""
