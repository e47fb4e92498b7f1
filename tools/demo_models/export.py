"""Turn trained models into folders the runtime can serve: ``python -m tools.demo_models.export [NAME ...]``."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from .describe import write_card, write_catalogue
from .sizes import SIZES, WINDOW, Size
from .slim import slim
from .train import WORK

OUT = Path(__file__).parents[2] / "tui" / "demo_models"
# The tokenizer of the runtime reads these and nothing else.
TOKENIZER_KEYS = ("model_max_length", "eos_token", "pad_token", "clean_up_tokenization_spaces")


def build(size: Size, work: Path) -> Path:
    """Run the model builder of ONNX Runtime GenAI and return its output folder."""
    built = work / size.name / "onnx"
    shutil.rmtree(built, ignore_errors=True)
    command = [sys.executable, "-m", "onnxruntime_genai.models.builder"]
    command += ["-i", str(work / size.name / "hf"), "-o", str(built), "-p", size.precision, "-e", "cpu"]
    command += ["-c", str(work / "cache"), "--extra_options", "shared_embeddings=true", f"block_size={size.block}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the model builder failed for {size.name}:\n{done.stderr[-2000:]}")
    return built


def write_tokenizer(built: Path, target: Path) -> None:
    """Copy the tokenizer, named as the class the runtime knows, without the parts it does not read."""
    vocabulary = json.loads((built / "tokenizer.json").read_text(encoding="utf-8"))
    text = json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":"))
    (target / "tokenizer.json").write_text(text, encoding="utf-8")
    config = json.loads((built / "tokenizer_config.json").read_text(encoding="utf-8"))
    kept = {key: config[key] for key in TOKENIZER_KEYS if key in config}
    kept["tokenizer_class"] = "Qwen2Tokenizer"
    (target / "tokenizer_config.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    shutil.copyfile(built / "chat_template.jinja", target / "chat_template.jinja")


def write_config(built: Path, target: Path) -> None:
    """Copy the runtime's configuration with greedy decoding and room for the reserved answer."""
    config = json.loads((built / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["context_length"] = WINDOW
    config["search"].update({"max_length": WINDOW, "do_sample": False, "temperature": 1.0, "top_k": 1, "top_p": 1.0})
    # One thread each: more hardly help models of this size, and three at once would fight over the cores.
    config["model"]["decoder"]["session_options"]["intra_op_num_threads"] = 1
    (target / "genai_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def export(size: Size, work: Path, out: Path) -> None:
    """Write the folder of one model."""
    built = build(size, work)
    target = out / size.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    slim(built / "model.onnx", target / "model.onnx")
    write_config(built, target)
    write_tokenizer(built, target)
    write_card(size, work, target)
    taken = sum(path.stat().st_size for path in target.iterdir())
    print(f"{size.name}: {taken / 1e6:.2f} MB in {target}", flush=True)


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SIZES), help="which sizes; all when left out")
    parser.add_argument("--work", type=Path, default=WORK, help="folder with the trained models")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the finished models")
    args = parser.parse_args()
    for name in args.names:
        export(SIZES[name], args.work, args.out)
    write_catalogue(args.work, args.out)


if __name__ == "__main__":
    main()
