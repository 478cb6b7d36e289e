"""What came of campaigns (M21): who was told what, what they bought, what that cost, over all members.

How the figures of both arms become a result, and what may be said of it, is in `campaigns`.
"""
