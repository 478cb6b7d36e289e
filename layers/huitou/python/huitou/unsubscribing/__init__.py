"""How a member says no to messages (M25): a signed link in each of them, and the page to which it leads.

`links` makes links and reads them, `service` records what is said on the page, `page` and `words` are
what a browser shows. What a consent is, `huitou.members` knows.
"""
