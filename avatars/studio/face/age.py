"""What years do to a face: softer forms sink, the eyes open less, lips grow thinner, lines appear."""

from dataclasses import replace

from fields import smoothstep

YOUNGEST, OLDEST = 18, 90  # hosts are adults


def aged(face, complexion, age):
    """(face, complexion) of a host of `age` years; the parameters describe a face of up to 30."""
    if not YOUNGEST <= age <= OLDEST:
        raise ValueError(f"age: {age} is not between {YOUNGEST} and {OLDEST}")
    late = float(smoothstep(30, 75, age))
    shape, eyes, mouth, nose = face.shape, face.eyes, face.mouth, face.nose
    face = replace(
        face,
        shape=replace(shape, apple=shape.apple * (1 - 0.5 * late), jaw=shape.jaw * (1 + 0.05 * late)),
        eyes=replace(
            eyes,
            upper=eyes.upper * (1 - 0.16 * late),
            lower=eyes.lower * (1 - 0.06 * late),
            tilt=eyes.tilt - 0.22 * late,
            socket=eyes.socket + 0.22 * late,
        ),
        mouth=replace(
            mouth,
            upper=mouth.upper * (1 - 0.30 * late),
            lower=mouth.lower * (1 - 0.18 * late),
            corner_rise=mouth.corner_rise - 0.12 * late,
        ),
        nose=replace(nose, length=nose.length * (1 + 0.03 * late), width=nose.width * (1 + 0.05 * late)),
        ears=face.ears * (1 + 0.10 * late),
    )
    return face, replace(complexion, lines=max(complexion.lines, late))
