"""Who may do what, and where: roles, one table of grants, scopes, sessions."""
