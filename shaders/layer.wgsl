// Lays a flat image over the picture, unscaled. Only its own rectangle is drawn.

struct Place {
    // Left and top edge in pixels.
    at: vec2f,
    opacity: f32,
    unused: f32,
}

@group(0) @binding(0) var image: texture_2d<f32>;
@group(0) @binding(1) var<uniform> place: Place;

@vertex
fn vs_layer(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(corner * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fs_layer(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = textureLoad(image, vec2i(floor(position.xy - place.at)), 0);
    return vec4f(texel.rgb, texel.a * place.opacity);
}
