"""Links in messages that tell when they are opened (M24, M25): a signed link for each, and what it leads to.

`links` makes and reads them, `service` says where one leads and counts it, `visitors` who opens one. Where links stand
in a text, and which are replaced, `huitou.templates` knows.
"""
