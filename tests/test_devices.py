"""Which devices there are, and how much memory is left."""

from pathlib import Path
from typing import Any

import pytest
import torch

from rnnscope.errors import DeviceError
from rnnscope.measuring import devices
from rnnscope.measuring.devices import available_bytes, checked_device, device_names


def test_the_devices_that_are_always_there() -> None:
    assert device_names()[0] == "cpu"
    assert device_names()[-1] == "meta"
    assert {checked_device(name).type for name in device_names()} >= {"cpu", "meta"}


@pytest.mark.parametrize("name", ["gpu", "", "cpu:x", "CUDA", "tpu", "cuda:-2"])
def test_what_torch_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        checked_device(name)
    assert f"device={name!r}" in str(caught.value)
    assert "choose cpu" in str(caught.value)


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="finds no cuda device here; choose cpu"):
        checked_device("cuda")


def test_a_gpu_of_too_high_a_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert checked_device("cuda:1").index == 1
    assert device_names()[:3] == ("cpu", "cuda:0", "cuda:1")
    with pytest.raises(DeviceError, match="there are only 2, counted from 0"):
        checked_device("cuda:2")


def test_memory_is_asked_of_the_system_and_of_its_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "_system_bytes", lambda: 500)
    monkeypatch.setattr(devices, "_container_bytes", lambda: 300)
    assert available_bytes(torch.device("cpu")) == 300


def test_memory_is_some_and_not_more_than_there_is() -> None:
    assert 0 < available_bytes(torch.device("cpu")) <= devices._physical_bytes()


def test_a_system_that_does_not_tell_is_asked_for_its_physical_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert devices._system_bytes() == devices._physical_bytes() // 2
