"""Golden execution, comparison as integers, and the first place where two sides differ."""
