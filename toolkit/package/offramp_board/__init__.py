"""Classifies images on a board with accelerators of Offramp; needs numpy, for some links pyserial or pynq.

This package is part of every archive that ``offramp package`` writes, and runs where Offramp does not: Python
3.8, nothing else installed. It imports nothing of Offramp::

    import sys

    sys.path.insert(0, "b_lenet_se-mnist-ulx3s-85f.zip")
    from offramp_board import open_package

    with open_package("b_lenet_se-mnist-ulx3s-85f.zip").board("serial:/dev/ttyUSB0") as board:
        for answer in board.classify(images):  # uint8 [N, C, H, W]
            print(answer.name, answer.exit, answer.logits)
"""

from .board import Answer, Board, BoardError
from .contents import Package, PackageError, open_package

__all__ = ["Answer", "Board", "BoardError", "Package", "PackageError", "open_package"]
