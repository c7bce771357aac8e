"""Packages for a board: bitstream, policy, examples with answers, and a program that needs no Offramp."""

from toolkit.package.build import BoardPackage, build_package

__all__ = ["BoardPackage", "build_package"]
