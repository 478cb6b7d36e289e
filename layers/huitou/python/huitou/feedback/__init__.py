"""What providers tell of messages after they took them (M25): it arrived, it bounced, somebody complained.

How a message goes from state to state is known to `huitou.outbox`; here is read what is told, and what follows from it.
"""
