"""What a person may ask for about all that is known of them: that it be destroyed, or handed over (M4, E25)."""
