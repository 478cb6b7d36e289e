"""Everybody is looked at anew: after a publication that moves members, or whenever somebody asks (E20)."""
