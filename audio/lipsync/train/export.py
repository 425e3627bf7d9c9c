"""Writes the streaming ONNX model: python export.py net.pt ..

Big weights are stored as 16-bit floats (Cast to 32 bits when the model is loaded): half the file. Writes size, SHA-256 and shapes into
model.toml beside it, and prints the largest change that the halving and the streaming make to a probability.
"""
import hashlib
import io
import pathlib
import re
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from network import HISTORY, STEP, Network, Streaming
from phones import CLASSES

SMALLEST = 512  # Numbers; smaller tensors are not worth a Cast.
# Running speech against what the network was trained on, where p b m are twice as common and th is rare: factors of the
# probabilities before they are scaled to one again (Bayes), chosen on the development sets.
PRIORS = {"PP": 0.6, "nn": 2.0, "TH": 5.0, "DD": 1.5}


def exported(network):
    """The network as an ONNX model of one step."""
    states = [torch.zeros(1, (block.taps - 1) * block.dilation, network.channels) for block in network.blocks]
    inputs = (torch.zeros(1, STEP), torch.zeros(1, HISTORY), *states)
    numbers = range(len(states))
    file = io.BytesIO()
    torch.onnx.export(
        Streaming(network), inputs, file, opset_version=17, dynamo=False,
        input_names=["audio", "audio_hist_in"] + [f"state_{n}_in" for n in numbers],
        output_names=["class_prob", "audio_hist_out"] + [f"state_{n}_out" for n in numbers])
    return onnx.load_from_string(file.getvalue())


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


def streamed(model, audio):
    """All probabilities over `audio`, step by step with the states fed back."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = [o.name for o in session.get_outputs()]
    states = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()[1:]}
    result = []
    for step in range(len(audio) // STEP):
        out = dict(zip(outputs, session.run(None, {"audio": audio[None, step * STEP:(step + 1) * STEP], **states})))
        states = {name: out[name.removesuffix("_in") + "_out"] for name in states}
        result.append(out["class_prob"][0])
    return np.array(result)


def whole(network, audio):
    """The same in one go by the training code, whose front end is an FFT."""
    with torch.no_grad():
        mel = network.front.normal(network.front.power(torch.tensor(audio)[None]))
        steps = mel.shape[1] // 2
        _, logits, _ = network.core(mel[:, :2 * steps].reshape(1, steps, -1))
    return torch.softmax(logits[0], -1).numpy()


def write_manifest(path, network, data):
    """Puts hash and state shapes into model.toml."""
    text = path.read_text()
    text = re.sub(r'sha256 = "[0-9a-f]*"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', text)
    shapes = [("audio_hist", [1, HISTORY])]
    shapes += [(f"state_{n}", [1, (b.taps - 1) * b.dilation, network.channels]) for n, b in enumerate(network.blocks)]
    rows = [f'    {{ in = "{name}_in", out = "{name}_out", shape = {shape}, init = "silence" }},\n' for name, shape in shapes]
    text = re.sub(r"states = \[\n.*?\n\]", "states = [\n" + "".join(rows) + "]", text, flags=re.S)
    past = sum((block.taps - 1) * block.dilation for block in network.blocks)
    text = re.sub(r"warmup_steps = \d+", f"warmup_steps = {past + 1}", text)
    path.write_text(text)


def main():
    source, folder = map(pathlib.Path, sys.argv[1:3])
    saved = torch.load(source, weights_only=True)
    network = Network(saved["channels"], lookahead=saved["lookahead"])
    network.load_state_dict(saved["weights"])
    network.eval()
    with torch.no_grad():
        network.classes.bias += torch.tensor([PRIORS.get(name, 1.0) for name in CLASSES]).log()
    full, half = exported(network), exported(network)
    halve(half)
    onnx.checker.check_model(half)
    data = half.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    write_manifest(folder / "model.toml", network, data)
    time = np.arange(160_000) / 16_000
    noise = 0.02 * np.random.default_rng(1).standard_normal(160_000)
    audio = (0.1 * np.sin(2 * np.pi * 140 * time) * (np.sin(2 * np.pi * 3 * time) > 0) + noise).astype(np.float32)
    step_by_step = streamed(full, audio)
    print("largest change by streaming:", np.abs(step_by_step - whole(network, audio)).max())
    print("largest change by halving:", np.abs(step_by_step - streamed(half, audio)).max())
    print(f"{sum(p.numel() for p in network.parameters())} weights, {len(data)} bytes")


if __name__ == "__main__":
    main()
