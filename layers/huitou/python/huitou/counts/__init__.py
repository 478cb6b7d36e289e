"""How many members a segment would have, or a campaign would reach: all are asked, while whoever asked for it waits."""
