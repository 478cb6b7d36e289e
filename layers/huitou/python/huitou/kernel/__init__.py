"""What every part stands on: identifiers, instants, calendars, money, errors.

Imports nothing of the other parts and nothing that does I/O.
"""
