// A vertex of a host: what moves (0 and 1), and what does not; `vertices.rs` writes it.

struct Vertex {
    @location(0) position: vec3f,
    @location(1) normal: vec4f,
    @location(2) uv: vec2f,
    // sRGB-encoded multiplier. Cartoon materials ignore it, as the specification says.
    @location(3) color: vec4f,
    // x: how much of the sky is seen, y: how much of the key light. Eyes: z: how far it looks ahead at rest (0.5: to the
    // side), w: how round the eye is, 0 for a flat one. Cartoon materials: w: multiplier of the outline's width.
    @location(4) shade: vec4f,
    // Along the hair.
    @location(5) tangent: vec4f,
}

