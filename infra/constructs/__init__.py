"""One construct per capability, each with our defaults built in. No business names live here."""
