"""What happened, told to whoever subscribes: which changes of members are events, and what each event says.

Changes are read off the stream of the table and published on the group's bus. Nothing here decides anything about a
member.
"""
