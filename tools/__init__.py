"""Programs for those who work on itops; none is part of the product."""
