"""Secrets of every kind, given to the product, and looked for where they may not be."""
