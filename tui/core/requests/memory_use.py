"""Memory in use while a request ran."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.requests.events import Memory


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """In bytes; None is unknown. The serving process may serve other models as well."""

    resident_peak: int | None = None
    """The most that the serving process was seen to hold."""
    resident_last: int | None = None
    """What it held at the last sample."""
    free_least: int | None = None
    """The least free memory that the machine was seen to have."""
    gpu_peak: int | None = None
    """The most that all GPUs of its machine were seen to have in use together, by whatever runs there."""
    no_gpu: str | None = None
    """Why that is not known, as a sentence; None where it is, or where nobody can ask."""

    def seen(self, sample: Memory) -> MemoryUse:
        """This and one more sample."""
        resident, free = sample.resident, sample.free
        gpu = max((one for one in (self.gpu_peak, sample.gpu) if one is not None), default=None)
        return MemoryUse(
            resident_peak=max((one for one in (self.resident_peak, resident) if one is not None), default=None),
            resident_last=resident if resident is not None else self.resident_last,
            free_least=min((one for one in (self.free_least, free) if one is not None), default=None),
            gpu_peak=gpu,
            no_gpu=(sample.no_gpu or self.no_gpu) if gpu is None else None,
        )
