"""The module pages: the list, one module, writing it, and what stands on what."""

from itops.views.modules import dependencies, pages, writing

bp = pages.bp
for part in (dependencies.bp, writing.bp):
    bp.register_blueprint(part)
