"""What of this program's environment a process that it starts is given: names that are known to be needed, no key.

API keys stand in the environment of the program. They reach the engine through its stdin and nobody else at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from enum import Enum, auto


class ChildKind(Enum):
    """The kinds of processes that the program starts."""

    ENGINE = auto()
    RUNTIME = auto()
    """The embedded runtime, and the process that asks its catalogue and downloads."""
    ADAPTER = auto()
    """Somebody else's Python."""
    READER = auto()
    """Reads session files for the index: it needs nothing but Python."""
    TOOL = auto()
    """`ssh` and `foundry`: commands of the user's own, with needs and settings that nobody here can list."""


_EVERY = frozenset((
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP", "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    # What Windows programs do not start, or find nothing, without.
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "USERNAME", "USERDOMAIN",
    "COMPUTERNAME", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "ALLUSERSPROFILE",
    "PUBLIC", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES",
    "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
    "PROCESSOR_IDENTIFIER", "OS",
))  # fmt: skip
_EVERY_PREFIX = ("LC_", "PYTHON", "DYLD_", "XDG_")
_CERTIFICATES = frozenset(("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
_PROXIES = frozenset(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"))
_MODELS = frozenset(("HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "TOKENIZERS_PARALLELISM"))
_MODELS_PREFIX = (
    "CUDA_", "NVIDIA_", "ORT_", "OMP_", "KMP_", "MKL_", "OPENBLAS_", "HIP_", "HSA_", "ROCR_", "ROCM_", "OPENVINO_",
    "QNN_", "VITISAI_", "XLNX_", "ONEAPI_", "ZE_", "VK_", "GGML_", "TORCH_", "PYTORCH_",
)  # fmt: skip
_RUNTIME = frozenset(("FOUNDRY_COMPARE_CATALOGUE",))
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL")
"""In the name of a variable that only somebody who names it in full may hand on."""
_API_KEY = re.compile(r"API_?KEY")


def environment_of(
    child: ChildKind,
    environ: Mapping[str, str],
    *,
    named: Collection[str] = (),
    keys: Collection[str] = (),
    ignore_case: bool = sys.platform == "win32",
) -> dict[str, str]:
    """The environment of one kind of child, taken from the program's.

    `named` are variables that its user wants it to have besides; `keys` are secrets that no tool gets, whatever the
    name of the variable they stand in. `ignore_case` is whether names that differ in case mean one variable.
    """
    if child is ChildKind.TOOL:
        return {
            name: value
            for name, value in environ.items()
            if not _API_KEY.search(name.upper()) and value.strip() not in keys
        }
    spelled = str.upper if ignore_case else str
    wanted = {spelled(name) for name in named}
    return {
        name: value for name, value in environ.items() if spelled(name) in wanted or _needed(child, name.upper(), value)
    }


def _needed(child: ChildKind, name: str, value: str) -> bool:
    if name in _EVERY:
        return True
    if child is ChildKind.READER:
        return not _SECRET.search(name) and name.startswith(_EVERY_PREFIX)
    if name in _CERTIFICATES:
        return True
    if name in _PROXIES:
        # The login of a proxy is a secret as well: who asks through one with a login has to name it.
        return child is not ChildKind.ADAPTER or "@" not in value
    if (child is ChildKind.RUNTIME and name in _RUNTIME) or (child is not ChildKind.ENGINE and name in _MODELS):
        return True
    if _SECRET.search(name):
        return False
    return name.startswith(_EVERY_PREFIX) or (child is not ChildKind.ENGINE and name.startswith(_MODELS_PREFIX))
