"""Reads `host.yaml` into dataclasses: every key is checked, every mistake is named with its place.

A section of the document is a dataclass that lives beside the code which uses it. Lengths are centimetres, angles are
degrees, colours are '#rrggbb' (sRGB) and become three floats 0..1.
"""

from dataclasses import MISSING, fields, is_dataclass
from typing import get_args, get_origin, get_type_hints

import yaml


class Colour(tuple):
    """An sRGB colour: three floats 0..1."""

    @classmethod
    def read(cls, value, where):
        """From '#rrggbb'."""
        if not isinstance(value, str) or len(value) != 7 or value[0] != "#":
            raise ValueError(f"{where}: {value!r} is no colour; write one as '#rrggbb'")
        try:
            return cls(int(value[k : k + 2], 16) / 255 for k in (1, 3, 5))
        except ValueError:
            raise ValueError(f"{where}: {value!r} is no colour; write one as '#rrggbb'") from None


def colour(text):
    """A colour as a default of a dataclass."""
    return Colour.read(text, "a default")


def _value(kind, value, where):
    if kind is Colour:
        return Colour.read(value, where)
    if is_dataclass(kind):
        return section(kind, value, where)
    if get_origin(kind) in (list, tuple):
        if not isinstance(value, list):
            raise ValueError(f"{where}: a list is needed here")
        inner = get_args(kind)[0]
        return [_value(inner, item, f"{where}[{k}]") for k, item in enumerate(value)]
    if get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{where}: a table is needed here")
        inner = get_args(kind)[1]
        return {key: _value(inner, item, f"{where}.{key}") for key, item in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise ValueError(f"{where}: {value!r} is no {kind.__name__}")
    return value


def section(kind, data, where):
    """An instance of the dataclass `kind` from the table `data`; unknown keys are refused."""
    if not isinstance(data, dict):
        raise ValueError(f"{where}: a table is needed here")
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    for key in data:
        if key not in known:
            raise ValueError(f"{where}.{key}: unknown key; known here: {', '.join(known)}")
    for name, f in known.items():
        if name not in data and f.default is MISSING and f.default_factory is MISSING:
            raise ValueError(f"{where}.{name}: is missing")
    return kind(**{key: _value(hints[key], value, f"{where}.{key}") for key, value in data.items()})


def load(kind, path):
    """The document at `path` as the dataclass `kind`."""
    with open(path, encoding="utf-8") as file:
        try:
            data = yaml.safe_load(file)
        except yaml.YAMLError as error:
            raise ValueError(f"{path}: {error}") from None
    return section(kind, data, str(path))
