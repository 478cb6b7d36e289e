"""What the group does by itself when something comes true of a member (M19 to M21), and what came of it."""
