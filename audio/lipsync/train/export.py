"""Writes the streaming ONNX model: python export.py net.pt model32.onnx"""
import sys

import torch

from network import HISTORY, STEP, Network, Streaming


def main():
    source, target = sys.argv[1:3]
    saved = torch.load(source, weights_only=True)
    network = Network(saved["channels"], lookahead=saved["lookahead"])
    network.load_state_dict(saved["weights"])
    network.eval()
    states = [torch.zeros(1, (block.taps - 1) * block.dilation, network.channels) for block in network.blocks]
    inputs = (torch.zeros(1, STEP), torch.zeros(1, HISTORY), *states)
    numbers = range(len(states))
    torch.onnx.export(
        Streaming(network), inputs, target, opset_version=17, dynamo=False,
        input_names=["audio", "audio_hist_in"] + [f"state_{n}_in" for n in numbers],
        output_names=["params", "class_prob", "audio_hist_out"] + [f"state_{n}_out" for n in numbers])


if __name__ == "__main__":
    main()
