"""Who may do what: roles, permissions, grants, scopes, sign-in."""
