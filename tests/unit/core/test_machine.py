"""What drivers say of GPUs, as they have been seen to say it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.core.catalog.machine import Gpu, parse_nvidia_smi, short_provider, valid_providers

MIB = 2**20
STATUS = (
    "Successfully downloaded and registered the following EPs: OpenVINOExecutionProvider.\r\nValid EPs: "
    "CPUExecutionProvider, WebGpuExecutionProvider, OpenVINOExecutionProvider, CUDAExecutionProvider"
)


def test_each_line_is_a_gpu() -> None:
    """The figures are those that eight GeForce GTX TITAN X were reported with, two of them here."""
    found = parse_nvidia_smi("12206, 802, 0, GeForce GTX TITAN X\n12206, 10032, 86, GeForce GTX TITAN X\r\n")
    assert found == (
        Gpu("GeForce GTX TITAN X", 12206 * MIB, 802 * MIB, 0.0),
        Gpu("GeForce GTX TITAN X", 12206 * MIB, 10032 * MIB, 86.0),
    )
    assert found[1].in_words() == "GeForce GTX TITAN X: 10.5 GB of 12.8 GB in use, 86 % busy"


@pytest.mark.parametrize("unknown", ["[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU is lost]"])
def test_what_a_driver_does_not_say_is_not_known(unknown: str) -> None:
    (gpu,) = parse_nvidia_smi(f"{unknown}, {unknown}, 3, NVIDIA GB10")
    assert gpu == Gpu("NVIDIA GB10", None, None, 3.0)
    assert gpu.in_words() == "NVIDIA GB10: memory -: its driver does not say, 3 % busy"
    assert parse_nvidia_smi(f"2004, 0, {unknown}, Quadro, old")[0].in_words() == (
        "Quadro, old: 0 kB of 2.1 GB in use, - busy"
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "No devices were found\n", "1, 2, 3", "12206, 802, 0,", "a, b, c, d", "802, 12206, 0, NVIDIA",
        "nan, 1, 1, NVIDIA", "inf, 1, 1, NVIDIA", "-5, 1, 1, NVIDIA", "1, 1, 1, NVIDIA\n" * 40,
        "memory.total [MiB], memory.used [MiB], utilization.gpu [%], name",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_nvidia_smi(text)


@given(st.text(max_size=200))
def test_no_text_makes_a_figure_that_cannot_be(text: str) -> None:
    try:
        found = parse_nvidia_smi(text)
    except ValueError:
        return
    for gpu in any_number_of(found):
        assert gpu.used_bytes is None or gpu.total_bytes is None or 0 <= gpu.used_bytes <= gpu.total_bytes
        assert gpu.in_words()


def test_the_providers_of_the_service_are_those_it_calls_valid() -> None:
    providers = valid_providers(STATUS)
    assert [short_provider(one) for one in providers] == ["CPU", "WebGpu", "OpenVINO", "CUDA"]
    assert (valid_providers("Registering …"), valid_providers(None), valid_providers(3)) == ((), (), ())
