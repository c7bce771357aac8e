"""Folding, the degree to which each layer is unrolled: candidates, and the search among them."""
