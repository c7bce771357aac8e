"""Checks before a long training: do the data look right, and does the network learn at all?"""
