"""The outbox (M23): every message to a member from its cause to its end, once or at least once, by kind.

What is said, to which address and by which channel is found out when a message is sent, not when it is planned (M26,
E25); here is kept that it shall be, and what became of it. How messages travel is known to `huitou.channels`.
"""
