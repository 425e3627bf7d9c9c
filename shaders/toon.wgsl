// Draws a host as a cartoon: MToon, the shading of VRM avatars.

struct Frame {
    clip_from_world: mat4x4f,
    view_from_world: mat4x4f,
    eye_in_world: vec4f,
    // Width and height in pixels.
    picture: vec4f,
}

struct Draw {
    world_from_mesh: mat4x4f,
    // sRGB-encoded, straight alpha.
    base: vec4f,
    // sRGB-encoded outline; w: its width in metres.
    outline: vec4f,
    // Scale and shift of picture coordinates.
    uv: vec4f,
    // x: alpha cut-off.
    extra: vec4f,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> draw: Draw;
@group(1) @binding(0) var picture: texture_2d<f32>;
@group(1) @binding(1) var picture_sampler: sampler;

// 0 opaque, 1 cut out, 2 blended.
override ALPHA: u32 = 0u;
override TEXTURED: bool = true;
// Whether pictures have smaller versions; choosing one is dear on a CPU.
override MIPS: bool = false;

struct Vertex {
    @location(0) position: vec3f,
    @location(1) normal: vec4f,
    @location(2) uv: vec2f,
    // sRGB-encoded multiplier.
    @location(3) color: vec4f,
    // x: how much of the sky is seen, y: how much of the key light.
    @location(4) shade: vec4f,
    // Along the hair.
    @location(5) tangent: vec4f,
}

struct Shown {
    @builtin(position) position: vec4f,
    @location(0) color: vec4f,
    @location(1) uv: vec2f,
}

fn painted(uv: vec2f) -> vec4f {
    if MIPS {
        return textureSample(picture, picture_sampler, uv);
    }
    return textureSampleLevel(picture, picture_sampler, uv, 0.0);
}

fn finish(color: vec3f, alpha: f32) -> vec4f {
    if ALPHA == 1u && alpha < draw.extra.x {
        discard;
    }
    if ALPHA == 2u {
        return vec4f(color * alpha, alpha);
    }
    return vec4f(color, 1.0);
}

@vertex
fn vs_toon(vertex: Vertex) -> Shown {
    let world = draw.world_from_mesh * vec4f(vertex.position, 1.0);
    return Shown(frame.clip_from_world * world, draw.base, vertex.uv * draw.uv.xy + draw.uv.zw);
}

@fragment
fn fs_toon(in: Shown) -> @location(0) vec4f {
    var base = in.color;
    if TEXTURED {
        base *= painted(in.uv);
    }
    return finish(base.rgb, base.a);
}

@vertex
fn vs_outline(vertex: Vertex) -> Shown {
    let normal = normalize((draw.world_from_mesh * vec4f(vertex.normal.xyz, 0.0)).xyz);
    let world = draw.world_from_mesh * vec4f(vertex.position, 1.0) + vec4f(normal * draw.outline.w, 0.0);
    let color = vec4f(draw.outline.rgb, draw.base.a);
    return Shown(frame.clip_from_world * world, color, vertex.uv * draw.uv.xy + draw.uv.zw);
}

@fragment
fn fs_outline(in: Shown) -> @location(0) vec4f {
    var alpha = in.color.a;
    if TEXTURED {
        alpha *= painted(in.uv).a;
    }
    return finish(in.color.rgb, alpha);
}
