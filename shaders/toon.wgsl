// Draws a host as a cartoon: MToon 1.0, the shading of VRM avatars (VRMC_materials_mtoon).
//
// Two versions of everything: the plain one works out angles for each vertex and takes the square of an sRGB-encoded
// colour for its light, which is what a CPU can afford; the fine one works for each pixel and decodes exactly. Colours
// that are neither mixed nor added come out of both as they went in.

struct Frame {
    clip_from_world: mat4x4f,
    view_from_world: mat4x4f,
    eye_in_world: vec4f,
    // Width and height in pixels.
    picture: vec4f,
}

// Colours of the material are light: linear for the fine version, squares of encoded values for the plain one.
struct Draw {
    world_from_mesh: mat4x4f,
    // Lit colour; w: alpha.
    base: vec4f,
    // The same, sRGB-encoded.
    base_shown: vec4f,
    // Shade colour; w: alpha cut-off.
    shade: vec4f,
    // Light of its own; w: how much of the scene's light the outline takes.
    emission: vec4f,
    // Rim colour, with the scene's light in it; w: its power.
    rim: vec4f,
    // Colour of the mirrored sphere, with the scene's light in it; w: lift of the rim.
    matcap: vec4f,
    // Outline colour; w: its width, metres or a share of the picture's height.
    outline: vec4f,
    // Steepness of the border between light and shade, its shift, strength of the shift's picture, strength of bumps.
    ramp: vec4f,
    // Key light, even light from all round, how much of that depends on up and down.
    light: vec4f,
    // Turn in radians and shift of picture coordinates where a mask holds them back.
    motion: vec4f,
    // How each picture lies: columns of a matrix, and shifts by two.
    uv_turn: array<vec4f, 8>,
    uv_shift: array<vec4f, 4>,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> draw: Draw;
@group(1) @binding(0) var base_picture: texture_2d<f32>;
@group(1) @binding(1) var base_sampler: sampler;
@group(1) @binding(2) var shade_picture: texture_2d<f32>;
@group(1) @binding(3) var shade_sampler: sampler;
@group(1) @binding(4) var shift_picture: texture_2d<f32>;
@group(1) @binding(5) var shift_sampler: sampler;
@group(1) @binding(6) var emission_picture: texture_2d<f32>;
@group(1) @binding(7) var emission_sampler: sampler;
@group(1) @binding(8) var rim_picture: texture_2d<f32>;
@group(1) @binding(9) var rim_sampler: sampler;
@group(1) @binding(10) var normal_picture: texture_2d<f32>;
@group(1) @binding(11) var normal_sampler: sampler;
@group(1) @binding(12) var mask_picture: texture_2d<f32>;
@group(1) @binding(13) var mask_sampler: sampler;
@group(1) @binding(14) var matcap_picture: texture_2d<f32>;
@group(1) @binding(15) var matcap_sampler: sampler;

// Places of the pictures in `uv_turn` and `uv_shift`.
const BASE_UV: u32 = 0u;
const SHADE_UV: u32 = 1u;
const SHIFT_UV: u32 = 2u;
const EMISSION_UV: u32 = 3u;
const RIM_UV: u32 = 4u;
const NORMAL_UV: u32 = 5u;
const MASK_UV: u32 = 6u;
const MATCAP_UV: u32 = 7u;

// 0 opaque, 1 cut out, 2 blended.
override ALPHA: u32 = 0u;
override TWO_SIDED: bool = false;
// Whether pictures have smaller versions; choosing one is dear on a CPU.
override MIPS: bool = false;
override BASE: bool = true;
// Whether light and shade differ at all.
override SHADED: bool = true;
// The shade's picture: 0 none, 1 its own, 2 that of the lit colour.
override SHADE: u32 = 0u;
override SHIFT: bool = false;
override EMISSION: bool = false;
override EMISSION_PICTURE: bool = false;
override RIM: bool = false;
override RIM_PICTURE: bool = false;
override MATCAP: bool = false;
override BUMPS: bool = false;
// Whether pictures lie differently from each other.
override OWN_UVS: bool = false;
// Whether a picture says where pictures move.
override MASKED: bool = false;
// Whether the outline's width is a share of the picture's height.
override SCREEN_WIDTH: bool = false;
// Whether holes are cut sample by sample, so that their edges are smooth.
override COVERAGE: bool = false;

// Towards the one white light: from the upper left, nearer to the camera than the key light of `host.wgsl`, as cartoon faces
// are drawn for.
const KEY = vec3f(-0.2506, 0.3509, 0.9023);
// An outline that is measured on the screen is never wider than it is where the picture shows two metres of height.
const WIDEST_HALF_HEIGHT: f32 = 1.0;

struct Plain {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
    // How far the surface faces the light, the eye and the sky.
    @location(1) facing: vec3f,
    @location(2) matcap_uv: vec2f,
}

struct Fine {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
    @location(1) normal: vec3f,
    @location(2) world: vec3f,
}

// What is known about a place on the surface.
struct Place {
    uv: vec2f,
    facing: vec3f,
    matcap_uv: vec2f,
    // How hard the border between light and shade is at most.
    steepest: f32,
}

// ---- Picture coordinates

fn laid(which: u32, uv: vec2f) -> vec2f {
    let row = select(BASE_UV, which, OWN_UVS);
    let turn = draw.uv_turn[row];
    let shifts = draw.uv_shift[row / 2u];
    let shift = select(shifts.xy, shifts.zw, (row & 1u) == 1u);
    return turn.xy * uv.x + turn.zw * uv.y + shift;
}

// Where a vertex looks into its pictures: ready to use when they all lie alike.
fn vertex_uv(uv: vec2f) -> vec2f {
    if OWN_UVS || MASKED {
        return uv;
    }
    return laid(BASE_UV, uv);
}

fn picture_uv(which: u32, uv: vec2f) -> vec2f {
    if OWN_UVS || MASKED {
        return laid(which, uv);
    }
    return uv;
}

fn sampled(picture: texture_2d<f32>, at: sampler, uv: vec2f) -> vec4f {
    if MIPS {
        return textureSample(picture, at, uv);
    }
    return textureSampleLevel(picture, at, uv, 0.0);
}

// Moves coordinates as far as the mask lets them.
fn moved(uv: vec2f) -> vec2f {
    if !MASKED {
        return uv;
    }
    let free = sampled(mask_picture, mask_sampler, laid(MASK_UV, uv)).b;
    let turn = draw.motion.x * free;
    let c = cos(turn);
    let s = sin(turn);
    let middle = uv - 0.5;
    return vec2f(c * middle.x + s * middle.y, c * middle.y - s * middle.x) + 0.5 + draw.motion.yz * free;
}

// ---- Colour

fn decoded(color: vec3f) -> vec3f {
    if MIPS {
        return select(pow((color + 0.055) / 1.055, vec3f(2.4)), color / 12.92, color <= vec3f(0.04045));
    }
    return color * color;
}

fn encoded(light: vec3f) -> vec3f {
    let seen = clamp(light, vec3f(0.0), vec3f(1.0));
    if MIPS {
        return select(1.055 * pow(seen, vec3f(1.0 / 2.4)) - 0.055, seen * 12.92, seen <= vec3f(0.0031308));
    }
    return sqrt(seen);
}

fn base_at(uv: vec2f) -> vec4f {
    if BASE {
        return sampled(base_picture, base_sampler, picture_uv(BASE_UV, uv));
    }
    return vec4f(1.0);
}

// How much of the light's side is seen: 0 shade, 1 lit.
fn shading(place: Place) -> f32 {
    var facing = place.facing.x + draw.ramp.y;
    if SHIFT {
        facing += sampled(shift_picture, shift_sampler, picture_uv(SHIFT_UV, place.uv)).r * draw.ramp.z;
    }
    return clamp(0.5 + facing * min(draw.ramp.x, place.steepest), 0.0, 1.0);
}

fn rim_at(place: Place) -> vec3f {
    var rim = vec3f(0.0);
    if RIM {
        let edge = clamp(1.0 - place.facing.y + draw.matcap.w, 0.0, 1.0);
        rim = draw.rim.rgb * pow(max(edge, 1e-4), draw.rim.w);
    }
    if MATCAP {
        rim += draw.matcap.rgb * decoded(sampled(matcap_picture, matcap_sampler, place.matcap_uv).rgb);
    }
    if RIM_PICTURE {
        rim *= decoded(sampled(rim_picture, rim_sampler, picture_uv(RIM_UV, place.uv)).rgb);
    }
    return rim;
}

// Light that comes from the surface where its picture is `base`.
fn light_from(place: Place, base: vec3f) -> vec3f {
    let even = draw.light.y + draw.light.z * place.facing.z;
    let picture = decoded(base);
    var light = vec3f(0.0);
    if SHADED {
        let lit = shading(place);
        let key_lit = draw.light.x * lit + even;
        let key_shade = draw.light.x * (1.0 - lit);
        if SHADE == 2u {
            light = picture * (draw.base.rgb * key_lit + draw.shade.rgb * key_shade);
        } else {
            var shade = draw.shade.rgb;
            if SHADE == 1u {
                shade *= decoded(sampled(shade_picture, shade_sampler, picture_uv(SHADE_UV, place.uv)).rgb);
            }
            light = picture * draw.base.rgb * key_lit + shade * key_shade;
        }
    } else {
        light = picture * draw.base.rgb;
    }
    if RIM || MATCAP {
        light += rim_at(place);
    }
    if EMISSION {
        var own = draw.emission.rgb;
        if EMISSION_PICTURE {
            own *= decoded(sampled(emission_picture, emission_sampler, picture_uv(EMISSION_UV, place.uv)).rgb);
        }
        light += own;
    }
    return light;
}

fn finish(color: vec3f, alpha: f32) -> vec4f {
    if COVERAGE {
        return vec4f(color, alpha);
    }
    if ALPHA == 1u && alpha < draw.shade.w {
        discard;
    }
    if ALPHA == 2u {
        return vec4f(color * alpha, alpha);
    }
    return vec4f(color, 1.0);
}

fn surface_color(place_in: Place) -> vec4f {
    var place = place_in;
    place.uv = moved(place.uv);
    let base = base_at(place.uv);
    var color = base.rgb * draw.base_shown.rgb;
    if SHADED || RIM || MATCAP || EMISSION {
        color = encoded(light_from(place, base.rgb));
    }
    return finish(color, base.a * draw.base.a);
}

fn outline_color(place_in: Place) -> vec4f {
    var place = place_in;
    place.uv = moved(place.uv);
    let base = base_at(place.uv);
    let lit = mix(vec3f(1.0), clamp(light_from(place, base.rgb), vec3f(0.0), vec3f(1.0)), draw.emission.w);
    return finish(encoded(draw.outline.rgb * lit), base.a * draw.base.a);
}

// ---- Angles

fn facing_of(normal: vec3f, to_eye: vec3f) -> vec3f {
    return vec3f(dot(normal, KEY), dot(normal, to_eye), normal.y);
}

// Where the surface mirrors the sphere round the camera.
fn matcap_uv_of(normal: vec3f, to_eye: vec3f) -> vec2f {
    // Straight above or below the camera any direction will do.
    let flat = vec3f(to_eye.z, 0.0, -to_eye.x);
    let x = select(vec3f(1.0, 0.0, 0.0), normalize(flat), dot(flat, flat) > 1e-8);
    let y = cross(to_eye, x);
    let uv = vec2f(0.5 + 0.495 * dot(x, normal), 0.5 - 0.495 * dot(y, normal));
    let turn = draw.uv_turn[MATCAP_UV];
    return turn.xy * uv.x + turn.zw * uv.y + draw.uv_shift[3].zw;
}

fn world_of(vertex: Vertex) -> vec3f {
    return (draw.world_from_mesh * vec4f(vertex.position, 1.0)).xyz;
}

fn normal_of(vertex: Vertex) -> vec3f {
    return normalize((draw.world_from_mesh * vec4f(vertex.normal.xyz, 0.0)).xyz);
}

fn plain_of(vertex: Vertex) -> Plain {
    let world = world_of(vertex);
    let normal = normal_of(vertex);
    let to_eye = normalize(frame.eye_in_world.xyz - world);
    var out: Plain;
    out.position = frame.clip_from_world * vec4f(world, 1.0);
    out.uv = vertex_uv(vertex.uv);
    out.facing = facing_of(normal, to_eye);
    if MATCAP {
        out.matcap_uv = matcap_uv_of(normal, to_eye);
    }
    return out;
}

fn fine_of(vertex: Vertex) -> Fine {
    let world = world_of(vertex);
    return Fine(frame.clip_from_world * vec4f(world, 1.0), vertex_uv(vertex.uv), normal_of(vertex), world);
}

// Where a vertex of the outline stands: the surface, grown along its normals.
fn grown(vertex: Vertex) -> vec4f {
    let world = world_of(vertex);
    var width = draw.outline.w * vertex.shade.w;
    if SCREEN_WIDTH {
        // Half the height that the picture shows at this depth: w over the length of the projection's second row.
        let up = vec3f(frame.clip_from_world[0].y, frame.clip_from_world[1].y, frame.clip_from_world[2].y);
        let depth = (frame.clip_from_world * vec4f(world, 1.0)).w;
        width *= 2.0 * min(depth / length(up), WIDEST_HALF_HEIGHT);
    }
    var position = frame.clip_from_world * vec4f(world + normal_of(vertex) * width, 1.0);
    // A little behind, so that it does not fight with the surface where it is thin.
    position.z += 1e-5 * position.w;
    return position;
}

fn plain_place(in: Plain, front: bool) -> Place {
    var facing = in.facing;
    var matcap_uv = in.matcap_uv;
    if TWO_SIDED && !front {
        facing = -facing;
        matcap_uv = 1.0 - matcap_uv;
    }
    return Place(in.uv, facing, matcap_uv, 1e3);
}

// The normal that the picture of bumps says (Schueler, Followup: Normal Mapping Without Precomputed Tangents, 2013).
fn bumped(normal: vec3f, world: vec3f, uv_in: vec2f) -> vec3f {
    let uv = picture_uv(NORMAL_UV, uv_in);
    let along_x = dpdx(world);
    let along_y = dpdy(world);
    let uv_x = dpdx(uv);
    let uv_y = dpdy(uv);
    let across_y = cross(along_y, normal);
    let across_x = cross(normal, along_x);
    let tangent = across_y * uv_x.x + across_x * uv_y.x;
    let bitangent = across_y * uv_x.y + across_x * uv_y.y;
    let scale = inverseSqrt(max(max(dot(tangent, tangent), dot(bitangent, bitangent)), 1e-20));
    var bump = textureSample(normal_picture, normal_sampler, uv).xyz * 2.0 - 1.0;
    bump = vec3f(bump.xy * draw.ramp.w, bump.z);
    let turned = (tangent * bump.x + bitangent * bump.y) * scale + normal * bump.z;
    return select(normal, normalize(turned), dot(turned, turned) > 1e-8);
}

fn fine_place(in: Fine, front: bool) -> Place {
    var normal = normalize(in.normal);
    if TWO_SIDED && !front {
        normal = -normal;
    }
    if BUMPS {
        normal = bumped(normal, in.world, moved(in.uv));
    }
    let to_eye = normalize(frame.eye_in_world.xyz - in.world);
    let facing = facing_of(normal, to_eye);
    // No harder than one pixel can show.
    let steepest = 1.0 / max(fwidth(facing.x), 1e-3);
    return Place(in.uv, facing, matcap_uv_of(normal, to_eye), steepest);
}

// ---- Entry points

@vertex
fn vs_plain(vertex: Vertex) -> Plain {
    return plain_of(vertex);
}

@vertex
fn vs_plain_outline(vertex: Vertex) -> Plain {
    var out = plain_of(vertex);
    out.position = grown(vertex);
    return out;
}

@vertex
fn vs_fine(vertex: Vertex) -> Fine {
    return fine_of(vertex);
}

@vertex
fn vs_fine_outline(vertex: Vertex) -> Fine {
    var out = fine_of(vertex);
    out.position = grown(vertex);
    return out;
}

@fragment
fn fs_plain(in: Plain, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    return surface_color(plain_place(in, front));
}

@fragment
fn fs_plain_outline(in: Plain) -> @location(0) vec4f {
    return outline_color(plain_place(in, true));
}

@fragment
fn fs_fine(in: Fine, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    return surface_color(fine_place(in, front));
}

@fragment
fn fs_fine_outline(in: Fine) -> @location(0) vec4f {
    return outline_color(fine_place(in, true));
}

struct Cut {
    @location(0) color: vec4f,
    @builtin(sample_mask) samples: u32,
}

// Fills as many of the four samples of a pixel as the edge of the hole leaves of it.
fn cut(color: vec4f) -> Cut {
    let share = clamp((color.a - draw.shade.w) / max(fwidth(color.a), 1e-4) + 0.5, 0.0, 1.0);
    return Cut(vec4f(color.rgb, 1.0), (1u << u32(share * 4.0 + 0.5)) - 1u);
}

@fragment
fn fs_fine_cut(in: Fine, @builtin(front_facing) front: bool) -> Cut {
    return cut(surface_color(fine_place(in, front)));
}

@fragment
fn fs_fine_outline_cut(in: Fine) -> Cut {
    return cut(outline_color(fine_place(in, true)));
}
