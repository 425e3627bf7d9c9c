"""Writes tests/golden/lipsync_posteriors.txt: what onnxruntime for Python answers for the sample clip.

    python golden.py      (after a new model.onnx; needs numpy and onnxruntime)

One line for every fifth step: the step's number and its 26 probabilities.
"""
import pathlib
import tomllib
import wave

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[3]


def main():
    manifest = tomllib.loads((ROOT / "audio/lipsync/model.toml").read_text())
    clip = wave.open(str(ROOT / "audio/samples/maybe_slt.wav"))
    assert (clip.getframerate(), clip.getnchannels()) == (16_000, 1)
    audio = np.frombuffer(clip.readframes(clip.getnframes()), np.int16).astype(np.float32) / 32768
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(ROOT / "audio/lipsync" / manifest["file"]), options,
                                           providers=["CPUExecutionProvider"])
    states = {s["in"]: np.zeros(s["shape"], np.float32) for s in manifest["inputs"]["states"]}
    names = [manifest["outputs"]["frames"]["name"]] + [s["out"] for s in manifest["inputs"]["states"]]
    lines, silence = [], manifest["stream"]["warmup_steps"]
    for step in range(-silence, len(audio) // 320):
        block = audio[None, step * 320:(step + 1) * 320] if step >= 0 else np.zeros((1, 320), np.float32)
        answer, *fed_back = session.run(names, {manifest["inputs"]["audio"]["name"]: block, **states})
        states = dict(zip(states, fed_back))
        if step >= 0 and step % 5 == 0:
            lines.append(" ".join([str(step)] + [f"{p:.4f}" for p in answer[0]]))
    (ROOT / "tests/golden/lipsync_posteriors.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
