// The soft shadow where hosts touch the floor: dark ellipses, drawn before the hosts. `shared/studio.wgsl` stands before
// this text.

struct Blot {
    // Its middle on the floor, world space; w: how dark it is in the middle, 0 to 1.
    middle: vec4f,
    // Half of its two axes, world space: x and z of the first, x and z of the second.
    axes: vec4f,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> blots: array<Blot, 24>;

struct Shadow {
    @builtin(position) position: vec4f,
    @location(0) at: vec2f,
    @location(1) dark: f32,
}

@vertex
fn vs_contact(@builtin(vertex_index) corner: u32, @builtin(instance_index) index: u32) -> Shadow {
    let at = vec2f(f32(corner & 1u), f32(corner >> 1u)) * 2.0 - 1.0;
    let blot = blots[index];
    let floor = blot.axes.xy * at.x + blot.axes.zw * at.y;
    let world = vec4f(blot.middle.xyz + vec3f(floor.x, 0.0, floor.y), 1.0);
    return Shadow(frame.clip_from_world * world, at, blot.middle.w);
}

@fragment
fn fs_contact(in: Shadow) -> @location(0) vec4f {
    let inside = max(1.0 - dot(in.at, in.at), 0.0);
    return vec4f(0.0, 0.0, 0.0, in.dark * inside * inside);
}
