from __future__ import annotations

from tests.implement.fake import fake

__all__ = ["fake"]
