"""The network: log-mel front end, causal temporal convolutions over 20 ms steps, two heads."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MELS, WINDOW, HOP, FFT = 40, 400, 160, 512
STEP, HISTORY, STEPS_A_SECOND = 320, WINDOW - HOP, 50
CLASSES, PARAMETERS = 26, 12


def mel_filters():
    """Triangles between 60 and 7600 Hz, each of sum 1."""
    to_mel, from_mel = lambda f: 2595 * np.log10(1 + f / 700), lambda m: 700 * (10 ** (m / 2595) - 1)
    edges = from_mel(np.linspace(to_mel(60), to_mel(7600), MELS + 2))
    hertz = np.arange(FFT // 2 + 1) * 16_000 / FFT
    rise = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(rise, fall))
    return torch.tensor(filters / filters.sum(1, keepdims=True), dtype=torch.float32)


class FrontEnd(nn.Module):
    """Sound to log-mel frames; frame i covers samples 160 i - 240 .. 160 i + 160."""

    def __init__(self):
        super().__init__()
        n = np.arange(WINDOW)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * n / WINDOW)
        angle = 2 * np.pi * np.arange(FFT // 2 + 1)[:, None] * n / FFT
        basis = np.concatenate([np.cos(angle) * window, -np.sin(angle) * window])[:, None]
        self.register_buffer("basis", torch.tensor(basis, dtype=torch.float32))
        self.register_buffer("filters", mel_filters())
        self.register_buffer("window", torch.tensor(window, dtype=torch.float32))

    @staticmethod
    def normal(power):
        return (torch.log(power + 1e-7) + 9.0) / 4.0

    def forward(self, audio):
        """As a convolution, which exports: `audio` [B, N] with its 240 samples of history."""
        y = F.conv1d(audio[:, None], self.basis, stride=HOP)
        half = FFT // 2 + 1
        return self.normal(self.filters @ (y[:, :half] ** 2 + y[:, half:] ** 2))

    def power(self, audio):
        """The same numbers by FFT for training: mel power [B, T, 40]."""
        frames = F.pad(audio, (HISTORY, 0)).unfold(1, WINDOW, HOP) * self.window
        return torch.fft.rfft(frames, FFT).abs() ** 2 @ self.filters.T


class Block(nn.Module):
    """A causal depthwise convolution over time and a small feed-forward net, as a residual."""

    def __init__(self, channels, taps, dilation):
        super().__init__()
        self.taps, self.dilation = taps, dilation
        self.depthwise = nn.Parameter(torch.randn(taps, channels) * 0.3)
        self.norm = nn.LayerNorm(channels)
        self.widen, self.narrow = nn.Linear(channels, 2 * channels), nn.Linear(2 * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.1))

    def forward(self, x, state=None):
        past, steps = (self.taps - 1) * self.dilation, x.shape[1]
        h = F.pad(x, (0, 0, past, 0)) if state is None else torch.cat([state, x], 1)
        y = sum(h[:, past - tap * self.dilation:past - tap * self.dilation + steps] * self.depthwise[tap]
                for tap in range(self.taps))
        return x + self.scale * self.narrow(F.silu(self.widen(self.norm(y)))), h[:, -past:]


class Network(nn.Module):
    """Receptive field 1.78 s; answer n is about step n - lookahead."""

    def __init__(self, channels=144, dilations=(1, 2, 4, 8, 1, 2, 4), taps=5, lookahead=4):
        super().__init__()
        self.channels, self.lookahead = channels, lookahead
        self.front = FrontEnd()
        self.inlet = nn.Linear(2 * MELS, channels)
        self.blocks = nn.ModuleList(Block(channels, taps, dilation) for dilation in dilations)
        self.norm = nn.LayerNorm(channels)
        self.classes, self.parameters_head = nn.Linear(channels, CLASSES), nn.Linear(channels, PARAMETERS)

    def core(self, features, states=None):
        """Features [B, T, 80] to parameters, logits and new states."""
        x, new_states = self.inlet(features), []
        for place, block in enumerate(self.blocks):
            x, state = block(x, None if states is None else states[place])
            new_states.append(state)
        x = self.norm(x)
        return torch.sigmoid(self.parameters_head(x)), self.classes(x), new_states


class Streaming(nn.Module):
    """One step: audio [1, 320], audio_hist_in [1, 240], states -> class_prob [1, 26], audio_hist_out, states."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, audio, history, *states):
        sound = torch.cat([history, audio], 1)
        features = self.network.front(sound).transpose(1, 2).reshape(1, 1, 2 * MELS)
        _, logits, new_states = self.network.core(features, list(states))
        return torch.softmax(logits[:, 0], -1), sound[:, -HISTORY:], *new_states
