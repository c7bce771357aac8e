"""How far each layer is unrolled: candidates, and the search among them."""
