"""How many members a segment would have, to the last one: all of them are asked, while whoever wants to know waits."""
