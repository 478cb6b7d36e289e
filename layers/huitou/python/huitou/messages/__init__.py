"""Messages to members (M24): what a template says to whom. The words themselves are made by `huitou.templates`."""
