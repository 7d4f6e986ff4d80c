"""The pages of remote checks, of what they sign in with, and of the keys of machines."""

from itops.views.checking import acts, checks, credentials, machine_keys, writing

bp = checks.bp
for part in (acts.bp, credentials.bp, machine_keys.bp, writing.bp):
    bp.register_blueprint(part)
