"""Devices behind one interface, and the host-side exit controller that drives them."""

from toolkit.runtime.controller import ExitController
from toolkit.runtime.decide import BatchRecord, Policy
from toolkit.runtime.device import Cycles, Device, DeviceInfo, Reply, StageStreams
from toolkit.runtime.errors import DeviceError, DeviceTimeout, FramesLost
from toolkit.runtime.schedule import Answer

__all__ = [
    "Answer",
    "BatchRecord",
    "Cycles",
    "Device",
    "DeviceError",
    "DeviceInfo",
    "DeviceTimeout",
    "ExitController",
    "FramesLost",
    "Policy",
    "Reply",
    "StageStreams",
]
