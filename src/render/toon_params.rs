//! What `toon.wgsl` is told about a material: colours as light, borders, and where its pictures lie at an instant.

use super::light::encoded;
use super::toon::{Key, PICTURES, pictures};
use crate::avatar::{Alpha, Factors, Material, TextureUse, Toon, Wrap};

/// Rows of `Draw` in `toon.wgsl` after the matrix.
pub(super) const ROWS: usize = 10 + PICTURES + PICTURES / 2;

/// The even light from all round, and how much more of it comes from above than from the middle; linear. With the key
/// light it makes exactly one, so that a lit surface shows the colours that its maker painted.
const EVEN: f32 = 0.1;
const EVEN_SLOPE: f32 = 0.03;
/// The brightest colour of a light: far above what a picture can show.
const BRIGHTEST: f32 = 16.0;
/// The widest outline, in metres or in heights of the picture.
const WIDEST_OUTLINE: f32 = 0.5;
/// Speeds of pictures beyond this many pictures or radians per second are nonsense.
const FASTEST: f64 = 1e4;
/// Where a mask holds motion back, by n/255 of it, after so many pictures or turns everything looks as at first.
const MASK_PERIOD: f64 = 255.0;

/// A 2x3 matrix by columns.
type Lie = [[f64; 2]; 3];
const UNMOVED: Lie = [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];

/// `value` within `least..=most`; `instead` when it is no number.
fn sane(value: f32, least: f32, most: f32, instead: f32) -> f32 {
    if value.is_nan() {
        instead
    } else {
        value.clamp(least, most)
    }
}

/// Speed along u and v and of turning, per second.
fn speeds(toon: &Toon) -> [f64; 3] {
    let [u, v] = toon.uv_scroll;
    [u, v, toon.uv_rotation].map(|speed| {
        let speed = f64::from(speed);
        if speed.is_finite() {
            speed.clamp(-FASTEST, FASTEST)
        } else {
            0.0
        }
    })
}

/// Whether the pictures of `toon` move with time.
pub(super) fn is_moving(toon: &Toon) -> bool {
    speeds(toon) != [0.0; 3]
}

/// Whether one pair of coordinates serves all pictures of `material` that lie on the surface.
pub(super) fn lie_alike(material: &Material, toon: &Toon) -> bool {
    let on_surface = &pictures(material, toon)[..PICTURES - 1];
    let mut used = on_surface.iter().flatten();
    let first = used.next().map(|texture| texture.transform);
    used.all(|texture| Some(texture.transform) == first)
}

/// What `toon.wgsl` is told about a material that looks like `factors` now, `secs` into the show.
pub(super) fn params(key: Key, material: &Material, factors: &Factors, secs: f64) -> Vec<[f32; 4]> {
    let plain = Toon::default();
    let toon = material.toon.as_deref().unwrap_or(&plain);
    let unit = |value: f32, instead: f32| sane(value, 0.0, 1.0, instead);
    let cutoff = match material.alpha {
        Alpha::Mask(cutoff) => sane(cutoff, 0.0, 2.0, 0.5),
        _ => 0.0,
    };
    let light = |[r, g, b]: [f32; 3], w: f32| {
        let [r, g, b] = [r, g, b].map(|part| as_light(sane(part, 0.0, BRIGHTEST, 0.0), key.fine));
        [r, g, b, w]
    };
    let [r, g, b, a] = factors.base_color.map(|part| unit(part, 1.0));
    let shade = factors.shade.map(|part| unit(part, 0.0));
    // White light that adds up to one is all that a rim's or sphere's lighting mix can take up here, so that it shows
    // nothing: what lights them is `EVEN` and the key light.
    let toony = unit(toon.shading_toony, 0.9);
    let equal = unit(toon.gi_equalization, 0.9);
    let width = sane(toon.outline_width, 0.0, WIDEST_OUTLINE, 0.0);
    let shift_scale = sane(toon.shift_texture_scale, -4.0, 4.0, 0.0);
    let mut rows = vec![
        light([r, g, b], a),
        [encoded(r), encoded(g), encoded(b), a],
        light(shade, cutoff),
        light(factors.emissive, unit(toon.outline_lighting_mix, 1.0)),
        light(factors.rim, sane(toon.rim_fresnel_power, 1e-5, 1e3, 5.0)),
        light(factors.matcap, sane(toon.rim_lift, -2.0, 2.0, 0.0)),
        light(factors.outline, width),
        [
            0.5 / (1.0 - toony).max(1e-3),
            sane(toon.shading_shift, -4.0, 4.0, 0.0),
            shift_scale,
            sane(material.normal_scale, -8.0, 8.0, 1.0),
        ],
        [1.0 - EVEN, EVEN, EVEN_SLOPE * (1.0 - equal), 0.0],
    ];
    let free = if key.masked {
        rows.push(held_back(toon, secs));
        UNMOVED
    } else {
        rows.push([0.0; 4]);
        motion(toon, secs)
    };
    let mut pictures = pictures(material, toon);
    // The first row speaks for all that lie alike, whether there is a base picture or not.
    pictures[0] = pictures[..PICTURES - 1].iter().flatten().next().copied();
    let mut shifts = [[0.0; 2]; PICTURES];
    for (place, (picture, shift)) in pictures.into_iter().zip(&mut shifts).enumerate() {
        let [u, v, moved] = match place {
            // The sphere is not laid on the surface: neither time nor expressions move it.
            7 => picture.map_or(UNMOVED, |picture| wide(picture.transform)),
            6 => lie(picture, UNMOVED, &Factors::default()),
            _ => lie(picture, free, factors),
        }
        .map(|column| column.map(|part| part as f32));
        rows.push([u[0], u[1], v[0], v[1]]);
        *shift = moved;
    }
    rows.extend(shifts.chunks_exact(2).map(|pair| {
        let ([a, b], [c, d]) = (pair[0], pair[1]);
        [a, b, c, d]
    }));
    rows
}

/// Linear light in the numbers of `toon.wgsl`: as it is for the fine version, else the square of its encoded value.
fn as_light(linear: f32, fine: bool) -> f32 {
    if fine {
        linear
    } else if linear <= 1.0 {
        encoded(linear) * encoded(linear)
    } else {
        // The curve of `encoded`, beyond white.
        (1.055 * linear.powf(1.0 / 2.4) - 0.055).powi(2)
    }
}

fn wide(transform: [[f32; 2]; 3]) -> Lie {
    transform.map(|column| column.map(|part| f64::from(sane(part, -1e5, 1e5, 0.0))))
}

/// `a` after `b`.
fn after(a: Lie, b: Lie) -> Lie {
    let turned = |[x, y]: [f64; 2]| [a[0][0] * x + a[1][0] * y, a[0][1] * x + a[1][1] * y];
    let moved = turned(b[2]);
    [
        turned(b[0]),
        turned(b[1]),
        [moved[0] + a[2][0], moved[1] + a[2][1]],
    ]
}

/// How coordinates move with time: turned round the middle of the picture, then shifted ("Transform Order" in the
/// specification).
fn motion(toon: &Toon, secs: f64) -> Lie {
    let [u, v, turn] = speeds(toon);
    let (sin, cos) = (turn * secs).sin_cos();
    [
        [cos, -sin],
        [sin, cos],
        [
            0.5 - 0.5 * (cos + sin) + u * secs,
            0.5 - 0.5 * (cos - sin) + v * secs,
        ],
    ]
}

/// Turn and shift for a mask to hold back, wrapped to where they look the same.
fn held_back(toon: &Toon, secs: f64) -> [f32; 4] {
    let [u, v, turn] = speeds(toon).map(|speed| speed * secs);
    let wrapped = |value: f64, period: f64| (value % (MASK_PERIOD * period)) as f32;
    [
        wrapped(turn, std::f64::consts::TAU),
        wrapped(u, 2.0),
        wrapped(v, 2.0),
        0.0,
    ]
}

/// Where a picture lies: motion first, then its own transform, then that of expressions. Shifts that repeat are wrapped,
/// so that they are exact after days.
fn lie(picture: Option<TextureUse>, motion: Lie, factors: &Factors) -> Lie {
    let own = picture.map_or(UNMOVED, |picture| wide(picture.transform));
    let ([su, sv], [ou, ov]) = (factors.uv_scale, factors.uv_offset);
    let expressed = wide([[su, 0.0], [0.0, sv], [ou, ov]]);
    let mut lie = after(expressed, after(own, motion));
    for (side, shift) in lie[2].iter_mut().enumerate() {
        let repeats = picture.is_some_and(|picture| picture.wrap[side] != Wrap::Clamp);
        if repeats && motion != UNMOVED {
            // Two, since a mirrored picture repeats only every second time.
            *shift = shift.rem_euclid(2.0);
        }
    }
    lie
}
