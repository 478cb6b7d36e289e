"""Huitou (回頭): one member across all brands, points exact to the last one.

Each folder is a part of the business. Inside it, pure modules hold the rules, ``requests.py`` is the
HTTP edge (pydantic), ``service.py`` the use cases and ``store.py`` the DynamoDB side.
"""
