from __future__ import annotations

from tests.bitstream.fake import fake

__all__ = ["fake"]
