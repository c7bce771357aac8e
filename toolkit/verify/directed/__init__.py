"""Directed stimulus: integers made so that every part of the hardware is driven, and a measure of it."""
