"""Who calls, and what they may: API keys, their permissions and brands, and the log of changes (M35).

`authorize_request` asks here whether a key is good; every other function gets a `Caller` and asks that.
"""
