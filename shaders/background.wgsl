// Copies the background into a multisampled target, where a plain texture copy is not possible.

@group(0) @binding(0) var backdrop: texture_2d<f32>;

@vertex
fn vs_background(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    // One triangle that covers the picture.
    let x = f32((index << 1u) & 2u);
    let y = f32(index & 2u);
    return vec4f(x * 2.0 - 1.0, 1.0 - y * 2.0, 1.0, 1.0);
}

@fragment
fn fs_background(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return textureLoad(backdrop, vec2i(position.xy), 0);
}
