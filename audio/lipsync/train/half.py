"""Stores the big weights of an exported model as 16-bit floats (Cast to 32 bits when it is loaded), half the file.

    python half.py model32.onnx ../model.onnx

Also gives the audio history input of older exports the name that the manifest's contract asks for (`audio_hist_in`), and prints the
largest change of any output over ten seconds of noise and tone, the size and the SHA-256 for model.toml.
"""
import hashlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 512  # Numbers; smaller tensors are not worth a Cast.


def halve(model):
    """Replaces every big 32-bit initializer by a 16-bit one and a Cast."""
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size <= SMALLEST:
            continue
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
        casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)


def rename_input(model, old, new):
    """Renames one input everywhere."""
    for value in model.graph.input:
        if value.name == old:
            value.name = new
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name == old:
                node.input[place] = new


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def answers(model, audio):
    """All probabilities over `audio`, step by step with the states fed back."""
    run = session(model)
    inputs, outputs = run.get_inputs(), [o.name for o in run.get_outputs()]
    states = {i.name: np.zeros(i.shape, np.float32) for i in inputs[1:]}
    result = []
    for step in range(len(audio) // 320):
        out = dict(zip(outputs, run.run(None, {"audio": audio[None, step * 320:(step + 1) * 320], **states})))
        states = {name: out[name.removesuffix("_in") + "_out"] for name in states}
        result.append(out["class_prob"][0])
    return np.array(result)


def main():
    source, target = sys.argv[1:3]
    full, half = onnx.load(source), onnx.load(source)
    halve(half)
    for model in (full, half):
        rename_input(model, "audio_hist", "audio_hist_in")
    onnx.checker.check_model(half)
    onnx.save(half, target)
    time = np.arange(160_000) / 16_000
    rng = np.random.default_rng(1)
    audio = (0.1 * np.sin(2 * np.pi * 140 * time) * (np.sin(2 * np.pi * 3 * time) > 0) + 0.02 * rng.standard_normal(160_000)).astype(np.float32)
    print("largest change of a probability:", np.abs(answers(full, audio) - answers(half, audio)).max())
    data = open(target, "rb").read()
    print("bytes:", len(data), "sha256:", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
