"""What members are told (M24): templates, what can be said in them, and how they become emails, SMS and LINE messages.

Values only: who the member is, where templates are kept and how messages travel is not known here.
"""
