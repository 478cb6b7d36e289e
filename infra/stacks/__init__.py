"""The units of deployment: what holds data apart from what may be replaced at any time."""
