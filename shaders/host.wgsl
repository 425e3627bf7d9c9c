// Draws a host: light is worked out for each vertex, the picture and the curve for each pixel.
//
// Colours are sRGB-encoded throughout. Light is computed in linear space and encoded before it is interpolated:
// encoded(albedo) * encoded(light) is encoded(albedo * light), so nothing needs decoding for each pixel.

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
    // x: light inside the mouth, y: alpha cut-off, z: gloss strength, w: gloss exponent.
    extra: vec4f,
    // Scale and shift of picture coordinates.
    uv: vec4f,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> draw: Draw;
@group(1) @binding(0) var picture: texture_2d<f32>;
@group(1) @binding(1) var picture_sampler: sampler;

const SKIN: u32 = 0u;
const EYE: u32 = 1u;
const HAIR: u32 = 2u;
const LASH: u32 = 3u;
const MOUTH: u32 = 4u;
const CLOTH: u32 = 5u;
const UNLIT: u32 = 6u;

// What the material is made of: one of the above.
override SURFACE: u32 = 5u;
// 0 opaque, 1 cut out, 2 blended.
override ALPHA: u32 = 0u;
override TEXTURED: bool = true;
override TWO_SIDED: bool = false;
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

struct Lit {
    @builtin(position) position: vec4f,
    // Encoded light times encoded base colour, and alpha.
    @location(0) light: vec4f,
    // Picture coordinates, and the strength of the gloss.
    @location(1) uv_gloss: vec3f,
}

struct LitEye {
    @builtin(position) position: vec4f,
    @location(0) light: vec4f,
    @location(1) uv_gloss: vec3f,
    @location(2) normal: vec3f,
    @location(3) to_eye: vec3f,
}

struct Light {
    direction: vec3f,
    color: vec3f,
}

// Key from the upper left, fill from the right, two lights from behind: a portrait studio. The same rig as in
// avatars/studio/preview.py, for which our hosts are made. Unit directions, linear colours.
const KEY = Light(vec3f(-0.3807, 0.5246, 0.7615), vec3f(0.920, 0.883, 0.828));
const FILL = Light(vec3f(0.7789, 0.1230, 0.6150), vec3f(0.292, 0.313, 0.340));
const RIM_RIGHT = Light(vec3f(0.5795, 0.4250, -0.6954), vec3f(0.912, 0.931, 0.960));
const RIM_LEFT = Light(vec3f(-0.7177, 0.2791, -0.6380), vec3f(0.800, 0.720, 0.656));
const SKY = vec3f(0.46, 0.48, 0.52);
const GROUND = vec3f(0.34, 0.29, 0.27);

fn diffuse(normal: vec3f, light: Light) -> vec3f {
    // How far light wraps round, by colour: red travels furthest under skin.
    var wrap = vec3f(0.10);
    if SURFACE == SKIN {
        wrap = vec3f(0.42, 0.22, 0.16);
    } else if SURFACE == HAIR || SURFACE == EYE {
        wrap = vec3f(0.25);
    } else if SURFACE == CLOTH {
        wrap = vec3f(0.15);
    }
    let facing = dot(normal, light.direction);
    return clamp((vec3f(facing) + wrap) / (1.0 + wrap), vec3f(0.0), vec3f(1.0)) * light.color;
}

// A highlight across the strands (Kajiya and Kay 1989).
fn strand(tangent: vec3f, halfway: vec3f) -> f32 {
    let along = dot(tangent, halfway);
    let across = max(1.0 - along * along, 0.0);
    let across_4 = across * across * across * across;
    return across_4 * across_4 * across_4 * across * across;
}

fn light_at(normal_in: vec3f, tangent: vec3f, to_eye: vec3f, shade: vec2f) -> vec4f {
    if SURFACE == UNLIT {
        return vec4f(1.0, 1.0, 1.0, 0.0);
    }
    var normal = normal_in;
    if TWO_SIDED && dot(normal, to_eye) < -0.25 {
        normal = -normal;
    }
    let open = shade.x;
    let key_seen = shade.y;
    var ambient_open = vec3f(open);
    var key_open = vec3f(key_seen);
    if SURFACE == SKIN {
        // Light that bounces between folds of skin comes back red.
        ambient_open = pow(vec3f(open), vec3f(0.7, 1.05, 1.15));
        key_open = pow(vec3f(key_seen), vec3f(0.55, 1.0, 1.1));
    }
    let direct_open = sqrt(ambient_open);
    var sum = mix(GROUND, SKY, normal.y * 0.5 + 0.5) * ambient_open;
    sum += diffuse(normal, KEY) * key_open * direct_open;
    sum += diffuse(normal, FILL) * direct_open;
    let edge = 1.0 - clamp(dot(normal, to_eye), 0.0, 1.0);
    sum += (diffuse(normal, RIM_RIGHT) + diffuse(normal, RIM_LEFT)) * (edge * edge * open);
    var gloss = 0.0;
    let halfway = normalize(KEY.direction + to_eye);
    if SURFACE == HAIR {
        let seen = clamp(dot(normal, KEY.direction) * 1.2 + 0.25, 0.0, 1.0) * key_seen;
        let shine = strand(normalize(tangent - normal * 0.22), halfway);
        sum += KEY.color * (shine * seen * 0.55);
        let fill_halfway = normalize(FILL.direction + to_eye);
        sum += FILL.color * (strand(normalize(tangent - normal * 0.1), fill_halfway) * open * 0.5);
        gloss = shine * shine * seen * 0.05;
    } else if SURFACE != LASH && SURFACE != EYE {
        let facing = max(dot(normal, halfway), 0.0);
        gloss = draw.extra.z * (pow(facing, draw.extra.w) * key_seen + 0.4 * edge * edge * edge * edge * open);
    }
    if SURFACE == MOUTH {
        sum *= draw.extra.x * (0.25 + 0.75 * open);
        gloss *= draw.extra.x;
    }
    return vec4f(pow(sum, vec3f(1.0 / 2.2)), gloss);
}

fn lit(vertex: Vertex) -> LitEye {
    let world = draw.world_from_mesh * vec4f(vertex.position, 1.0);
    let normal = normalize((draw.world_from_mesh * vec4f(vertex.normal.xyz, 0.0)).xyz);
    let tangent = (draw.world_from_mesh * vec4f(vertex.tangent.xyz, 0.0)).xyz;
    let to_eye = normalize(frame.eye_in_world.xyz - world.xyz);
    let light = light_at(normal, tangent, to_eye, vertex.shade.xy);
    var out: LitEye;
    out.position = frame.clip_from_world * world;
    out.light = vec4f(light.rgb * vertex.color.rgb * draw.base.rgb, vertex.color.a * draw.base.a);
    out.uv_gloss = vec3f(vertex.uv * draw.uv.xy + draw.uv.zw, light.a);
    out.normal = normal;
    out.to_eye = to_eye;
    return out;
}

@vertex
fn vs_host(vertex: Vertex) -> Lit {
    let all = lit(vertex);
    return Lit(all.position, all.light, all.uv_gloss);
}

@vertex
fn vs_eye(vertex: Vertex) -> LitEye {
    return lit(vertex);
}

// A film-like shoulder on encoded values: straight below 0.7, 0.93 for 1, and never above 1.
fn film(x: vec3f) -> vec3f {
    let y = min(x, vec3f(1.19));
    let y_2 = y * y;
    return y - 0.07 * (y_2 * y_2 * y_2);
}

fn finish(color: vec3f, alpha: f32) -> vec4f {
    if ALPHA == 1u && alpha < draw.extra.y {
        discard;
    }
    if ALPHA == 2u {
        return vec4f(color * alpha, alpha);
    }
    return vec4f(color, 1.0);
}

fn painted(uv: vec2f) -> vec4f {
    if MIPS {
        return textureSample(picture, picture_sampler, uv);
    }
    return textureSampleLevel(picture, picture_sampler, uv, 0.0);
}

@fragment
fn fs_host(in: Lit) -> @location(0) vec4f {
    var base = in.light;
    if TEXTURED {
        base *= painted(in.uv_gloss.xy);
    }
    var color = base.rgb;
    if SURFACE != UNLIT {
        color = film(color) + in.uv_gloss.z;
    }
    return finish(color, base.a);
}

@fragment
fn fs_eye(in: LitEye) -> @location(0) vec4f {
    var base = in.light;
    if TEXTURED {
        base *= painted(in.uv_gloss.xy);
    }
    let normal = normalize(in.normal);
    let to_eye = normalize(in.to_eye);
    // The upper lid throws a soft shadow on the ball.
    let lid = 1.0 - 0.30 * smoothstep(0.14, 0.55, normal.y);
    // A softbox and a weaker window mirrored in the wet surface.
    let mirrored = reflect(-to_eye, normal);
    let box = (mirrored.xy - vec2f(-0.34, 0.44)) / vec2f(0.17, 0.20);
    let box_4 = box * box * box * box;
    let window = (mirrored.xy - vec2f(0.42, -0.05)) / vec2f(0.16, 0.28);
    let window_4 = window * window * window * window;
    let facing_front = step(0.0, mirrored.z);
    let catch_light = 0.85 * exp2(-1.4427 * (box_4.x + box_4.y)) + 0.10 * exp2(-1.4427 * (window_4.x + window_4.y));
    let color = film(base.rgb * lid);
    return finish(color + (1.0 - color) * catch_light * facing_front, base.a);
}
