"""Verification: golden execution, integer comparison, and the first difference by layer and position."""
