"""The pages of places, and the choice of a site."""
