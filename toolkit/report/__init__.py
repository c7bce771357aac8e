"""The report of a run: ``report.json``, typed, and a page that shows it.

Nothing is imported here: ``offramp --help`` needs the page's name, but neither numpy nor Matplotlib.
"""

PAGE = "report.html"
"""Name of the page beside ``report.json``."""
