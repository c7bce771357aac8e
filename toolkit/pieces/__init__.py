"""Many independent pieces of work through one function, here or on a Dask cluster.

This module loads in milliseconds; Dask is imported when more than one worker is asked for.
"""

from toolkit.pieces.piece import Piece
from toolkit.pieces.run import map_pieces

__all__ = ["Piece", "map_pieces"]
