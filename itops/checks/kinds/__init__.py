"""The checks: a module each, all of one shape, all named in `itops.checks.catalogue`."""
