"""The ways out (M23): a message that is written goes to a provider, which delivers it. Nothing else knows providers.

What is sent, to whom, when, and how often it is tried, is decided by those who hand it over.
"""
