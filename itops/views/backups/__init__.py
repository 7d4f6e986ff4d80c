"""The backup pages: the list, one job, writing it, and records of restore tests, signed too."""

from itops.views.backups import pages, signing, writing

bp = pages.bp
for part in (writing.bp, signing.bp):
    bp.register_blueprint(part)
