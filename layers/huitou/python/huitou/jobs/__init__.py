"""Work on many members that goes on after it was asked for, in an execution of its own, part by part."""
