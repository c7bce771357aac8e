"""Vivado's builds: planned as files and commands, run here or on another machine, and their reports read."""
