"""The backup pages: the list, one job, writing it, and the record of a restore test."""

from itops.views.backups import pages, writing

bp = pages.bp
bp.register_blueprint(writing.bp)
