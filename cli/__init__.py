"""The command line `huitou`."""
