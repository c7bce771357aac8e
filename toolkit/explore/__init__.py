"""Studies of a network's designs: early exit against none, where exits could sit, bit widths for a board.

Nothing is imported here, so that names are known without loading a compiler.
"""
