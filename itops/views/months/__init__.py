"""The month's report: its page, the rows behind each figure, and the files."""

from itops.views.months.pages import bp

__all__ = ["bp"]
