"""Where exits could sit: every place of a backbone is tried with a small head.

``candidates`` finds the places, ``heads`` trains a head at each, ``choose`` finds thresholds and the best
sets, ``result`` is what comes out.
"""
