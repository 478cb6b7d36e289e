"""How often, and when, members are written to (M22; E23, E24). Whether they agreed to it is not decided here."""
