// Draws a host by the laws of light, in the studio of `shared/studio.wgsl`, which stands before this text.
//
// Colours are sRGB-encoded wherever they are interpolated, sampled or blended. There are two ways to light a surface:
// `vs_host` works light out for each vertex in linear space and encodes it, and since encoded(albedo) * encoded(light)
// is encoded(albedo * light), nothing needs decoding for each pixel. `fs_pixel` works it out for each pixel, in linear
// space: on a GPU always, on a CPU only for materials with small bumps, metal or a mirror's finish.

struct Draw {
    world_from_mesh: mat4x4f,
    // sRGB-encoded, straight alpha.
    base: vec4f,
    // x: light inside the mouth, y: alpha cut-off, z: roughness, w: metal.
    extra: vec4f,
    // Scale and shift of picture coordinates.
    uv: vec4f,
    // Light of its own, linear; w: strength of the baked shade.
    glow: vec4f,
    // x: strength of the bumps.
    bumps: vec4f,
    // From the base picture's coordinates to those of other pictures: scale and shift.
    normal_uv: vec4f,
    roughness_uv: vec4f,
    shade_uv: vec4f,
    glow_uv: vec4f,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> draw: Draw;
@group(1) @binding(0) var picture: texture_2d<f32>;
@group(1) @binding(1) var picture_sampler: sampler;
@group(1) @binding(2) var normal_picture: texture_2d<f32>;
// Roughness in green, metal in blue.
@group(1) @binding(3) var roughness_picture: texture_2d<f32>;
// In red.
@group(1) @binding(4) var shade_picture: texture_2d<f32>;
@group(1) @binding(5) var glow_picture: texture_2d<f32>;
// For all but the first.
@group(1) @binding(6) var data_sampler: sampler;

const SKIN: u32 = 0u;
const EYE: u32 = 1u;
const HAIR: u32 = 2u;
const LASH: u32 = 3u;
const MOUTH: u32 = 4u;
const CLOTH: u32 = 5u;
const UNLIT: u32 = 6u;
const CLEAR: u32 = 7u;

// What the material is made of: one of the above.
override SURFACE: u32 = 5u;
// 0 opaque, 1 cut out, 2 blended.
override ALPHA: u32 = 0u;
override TEXTURED: bool = true;
override TWO_SIDED: bool = false;
override BUMPS: bool = false;
override ROUGHNESS_PICTURE: bool = false;
override SHADE_PICTURE: bool = false;
override GLOWS: bool = false;
override GLOW_PICTURE: bool = false;
// Whether pictures have smaller versions; choosing one is dear on a CPU.
override MIPS: bool = false;
// How many softboxes are mirrored: all, or key and fill where those behind the host would hardly show.
override BOXES: u32 = 4u;

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
    // Picture coordinates, looking ahead, roundness.
    @location(1) uv_eye: vec4f,
    @location(2) normal: vec3f,
    @location(3) to_eye: vec3f,
}

struct Place {
    @builtin(position) position: vec4f,
    // Encoded base colour and alpha.
    @location(0) base: vec4f,
    @location(1) uv: vec2f,
    @location(2) normal: vec3f,
    @location(3) world: vec3f,
    @location(4) shade: vec4f,
    @location(5) tangent: vec3f,
}

// A place on a surface, as light meets it.
struct Spot {
    normal: vec3f,
    // Without small bumps.
    smooth_normal: vec3f,
    tangent: vec3f,
    to_eye: vec3f,
    // How much of the sky and of the key light is seen.
    open: f32,
    key_seen: f32,
    roughness: f32,
    // What a mirror of this stuff gives back straight on.
    mirror: vec3f,
    // 0 to 1: how much of it is metal.
    metal: f32,
    // Moves the highlights of hair along the strand.
    shift: f32,
    // How much of the sky and of the key light reaches skin, by colour; elsewhere as `open` and `key_seen`.
    sky_open: vec3f,
    key_open: vec3f,
}

struct Light {
    // To multiply with the base colour.
    diffuse: vec3f,
    // To add.
    mirrored: vec3f,
}

// How far light wraps round, by colour: red travels furthest under skin.
fn wrap() -> vec3f {
    if SURFACE == SKIN {
        return vec3f(0.42, 0.22, 0.16);
    }
    if SURFACE == HAIR || SURFACE == EYE {
        return vec3f(0.25);
    }
    if SURFACE == CLOTH {
        return vec3f(0.15);
    }
    return vec3f(0.10);
}

fn diffuse(spot: Spot, i: u32) -> vec3f {
    let direction = frame.boxes[i].direction.xyz;
    var facing = vec3f(dot(spot.normal, direction));
    if SURFACE == SKIN && BUMPS {
        // Light under the skin evens out what is small: most of all red.
        facing = mix(facing, vec3f(dot(spot.smooth_normal, direction)), vec3f(0.7, 0.4, 0.25));
    }
    let wide = wrap();
    return clamp((facing + wide) / (1.0 + wide), vec3f(0.0), vec3f(1.0)) * frame.boxes[i].color.rgb;
}

// The light that falls on a matt surface from everywhere.
fn diffuse_light(spot: Spot, edge: f32) -> vec3f {
    let direct_open = sqrt(spot.sky_open);
    var sum = mix(frame.ground.rgb, frame.sky.rgb, spot.normal.y * 0.5 + 0.5) * spot.sky_open;
    sum += diffuse(spot, 0u) * spot.key_open * direct_open;
    sum += diffuse(spot, 1u) * direct_open;
    sum += (diffuse(spot, 2u) + diffuse(spot, 3u)) * (edge * edge * spot.open);
    return sum;
}

// A highlight across the strands (Kajiya and Kay 1989): the sine between strand and half-way, to a power.
fn strand(tangent: vec3f, halfway: vec3f, power: f32) -> f32 {
    let along = dot(tangent, halfway);
    return exp2(0.5 * power * log2(max(1.0 - along * along, 1e-4)));
}

// Two lobes (Marschner et al. 2003, as Scheuermann 2004 has them for games): light mirrored by the strand's surface,
// moved towards the root, keeps its colour; light that went through, mirrored inside, moved towards the tip, is broader
// and takes on the colour of the hair.
fn hair_light(spot: Spot, edge: f32) -> Light {
    let key = frame.boxes[0];
    let fill = frame.boxes[1];
    let key_half = normalize(key.direction.xyz + spot.to_eye);
    let fill_half = normalize(fill.direction.xyz + spot.to_eye);
    let inner = normalize(spot.tangent - spot.normal * (0.22 + spot.shift));
    let outer = normalize(spot.tangent - spot.normal * (0.02 + spot.shift));
    let seen = clamp(dot(spot.normal, key.direction.xyz) * 1.2 + 0.25, 0.0, 1.0) * spot.key_seen;
    var light: Light;
    light.diffuse = diffuse_light(spot, edge);
    light.diffuse += key.color.rgb * (strand(inner, key_half, 28.0) * seen * 0.55);
    light.diffuse += fill.color.rgb * (strand(inner, fill_half, 28.0) * spot.open * 0.5);
    // Smoother hair shines more sharply.
    let power = mix(240.0, 40.0, spot.roughness);
    let shine = strand(outer, key_half, power) * seen * (1.0 - spot.roughness) * 0.05;
    light.mirrored = key.color.rgb * shine;
    return light;
}

fn light_on(spot: Spot) -> Light {
    let facing = clamp(dot(spot.normal, spot.to_eye), 0.0, 1.0);
    let edge = 1.0 - facing;
    if SURFACE == HAIR {
        return hair_light(spot, edge);
    }
    var light: Light;
    light.diffuse = diffuse_light(spot, edge);
    if SURFACE == LASH || SURFACE == EYE {
        return light;
    }
    let share = mirror_share(spot.roughness, facing);
    var seen = vec2f(spot.open, spot.key_seen * sqrt(spot.open));
    if SURFACE == MOUTH {
        seen.x *= 0.25;
    }
    if SURFACE == SKIN {
        // Pores swallow what comes flat: skin shines where the key light is mirrored, and hardly veils the rest.
        seen.x *= 0.35;
    } else if SURFACE == CLOTH {
        // What is no metal stands before darker walls, so that black plastic stays black.
        seen.x *= 0.6 + 0.4 * spot.metal;
    }
    var back = spot.mirror * share.x + share.y;
    // What a rough mirror scatters twice is not lost (Fdez-Aguera 2019).
    back *= 1.0 + spot.mirror * (1.0 / (share.x + share.y) - 1.0);
    light.mirrored = studio(reflect(-spot.to_eye, spot.normal), spot.roughness, seen, BOXES) * back;
    if SURFACE == CLOTH {
        // Rough stuff is mostly cloth: threads hide their shine from each other and catch light at the edge.
        let cloth = smoothstep(0.40, 0.70, spot.roughness) * (1.0 - smoothstep(0.05, 0.3, spot.mirror.g));
        light.mirrored *= 1.0 - 0.75 * cloth;
        light.diffuse += frame.sky.rgb * (0.35 * cloth * edge * edge * edge * spot.open);
    }
    if SURFACE == MOUTH {
        let inside = draw.extra.x;
        light.diffuse *= inside * (0.25 + 0.75 * spot.open);
        light.mirrored *= inside * spot.open;
    }
    return light;
}

// What a mirror of something that is no metal gives back straight on: about 4 %.
const PLAIN_MIRROR = vec3f(0.04);

// Skin and teeth are never as matt or as wet as files say.
fn sane_roughness(roughness: f32) -> f32 {
    if SURFACE == SKIN {
        return clamp(roughness, 0.42, 0.56);
    }
    if SURFACE == MOUTH {
        return clamp(roughness, 0.28, 0.5);
    }
    return clamp(roughness, 0.06, 1.0);
}

fn placed(vertex: Vertex) -> Place {
    let world = draw.world_from_mesh * vec4f(vertex.position, 1.0);
    var out: Place;
    out.position = frame.clip_from_world * world;
    out.base = vertex.color * draw.base;
    out.uv = vertex.uv * draw.uv.xy + draw.uv.zw;
    out.normal = normalize((draw.world_from_mesh * vec4f(vertex.normal.xyz, 0.0)).xyz);
    out.world = world.xyz;
    out.shade = vertex.shade;
    out.tangent = (draw.world_from_mesh * vec4f(vertex.tangent.xyz, 0.0)).xyz;
    return out;
}

// The spot at `place` without what pictures say about it.
fn spot_at(place: Place, turn_at: f32) -> Spot {
    var spot: Spot;
    spot.to_eye = normalize(frame.eye_in_world.xyz - place.world);
    spot.smooth_normal = normalize(place.normal);
    if TWO_SIDED && dot(spot.smooth_normal, spot.to_eye) < turn_at {
        spot.smooth_normal = -spot.smooth_normal;
    }
    spot.normal = spot.smooth_normal;
    spot.tangent = place.tangent;
    spot.open = place.shade.x;
    spot.key_seen = place.shade.y;
    spot.sky_open = vec3f(spot.open);
    spot.key_open = vec3f(spot.key_seen);
    if SURFACE == SKIN {
        // Light that bounces between folds of skin comes back red. For each pixel on a CPU the powers are made of roots and
        // products: 0.75, 1, 1.25 and 0.5, 1, 1.
        if MIPS || !BUMPS {
            spot.sky_open = pow(spot.sky_open, vec3f(0.7, 1.05, 1.15));
            spot.key_open = pow(spot.key_open, vec3f(0.55, 1.0, 1.1));
        } else {
            let root = sqrt(spot.open);
            let root_4 = sqrt(root);
            spot.sky_open = vec3f(root * root_4, spot.open, spot.open * root_4);
            spot.key_open = vec3f(sqrt(spot.key_seen), vec2f(spot.key_seen));
        }
    }
    spot.roughness = sane_roughness(draw.extra.z);
    spot.mirror = PLAIN_MIRROR;
    return spot;
}

fn luma(c: vec3f) -> f32 {
    return dot(c, vec3f(0.2126, 0.7152, 0.0722));
}

// How wet something looks: inside a mouth only what stands at its front, bright and not in the shade, glistens.
fn wet(base: vec3f) -> f32 {
    if SURFACE == MOUTH {
        return smoothstep(0.25, 0.8, luma(base));
    }
    return 1.0;
}

// x, y, z: encoded light; w: what gloss adds to the encoded colour.
fn vertex_light(place: Place) -> vec4f {
    if SURFACE == UNLIT {
        return vec4f(1.0, 1.0, 1.0, 0.0);
    }
    let light = light_on(spot_at(place, -0.25));
    // What shines on dark stuff is seen more clearly; a picture is of medium brightness until it is sampled.
    let albedo = luma(decoded(place.base.rgb)) * select(1.0, 0.35, TEXTURED);
    let under = vec3f(albedo * luma(light.diffuse));
    let gloss = encoded(under + luma(light.mirrored) * wet(place.base.rgb)).x - encoded(under).x;
    return vec4f(pow(light.diffuse, vec3f(1.0 / 2.2)), gloss);
}

@vertex
fn vs_host(vertex: Vertex) -> Lit {
    let place = placed(vertex);
    let light = vertex_light(place);
    return Lit(place.position, vec4f(light.rgb, 1.0) * place.base, vec3f(place.uv, light.a));
}

@vertex
fn vs_eye(vertex: Vertex) -> LitEye {
    let place = placed(vertex);
    let light = vec4f(vertex_light(place).rgb, 1.0) * place.base;
    let to_eye = normalize(frame.eye_in_world.xyz - place.world);
    return LitEye(place.position, light, vec4f(place.uv, place.shade.zw), place.normal, to_eye);
}

@vertex
fn vs_pixel(vertex: Vertex) -> Place {
    return placed(vertex);
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

fn data(from_picture: texture_2d<f32>, uv: vec2f) -> vec3f {
    if MIPS {
        return textureSample(from_picture, data_sampler, uv).rgb;
    }
    return textureSampleLevel(from_picture, data_sampler, uv, 0.0).rgb;
}

@fragment
fn fs_host(in: Lit) -> @location(0) vec4f {
    var base = in.light;
    if TEXTURED {
        base *= painted(in.uv_gloss.xy);
    }
    var color = base.rgb;
    if SURFACE != UNLIT {
        color = neutral(color + in.uv_gloss.z);
    }
    return finish(color, base.a);
}

// The wet surface of an eye, over an encoded colour that the light has fallen on.
fn eye(lit: vec3f, normal: vec3f, to_eye: vec3f, ahead: f32, round: f32) -> vec3f {
    // The upper lid throws a soft shadow on the ball, and the white darkens into the corners.
    let lid = 1.0 - 0.30 * smoothstep(0.14, 0.55, normal.y);
    let corner = mix(0.80, 1.0, smoothstep(0.55, 0.90, ahead));
    // A softbox and a weaker window mirrored in the wet surface. A flat eye would flash as a whole, so it mirrors none.
    let mirrored = reflect(-to_eye, normal);
    let box = (mirrored.xy - vec2f(-0.34, 0.44)) / vec2f(0.17, 0.20);
    let box_4 = box * box * box * box;
    let window = (mirrored.xy - vec2f(0.42, -0.05)) / vec2f(0.16, 0.28);
    let window_4 = window * window * window * window;
    let facing_front = step(0.0, mirrored.z) * round;
    let catch_light = 0.85 * exp2(-1.4427 * (box_4.x + box_4.y)) + 0.10 * exp2(-1.4427 * (window_4.x + window_4.y));
    let color = neutral(lit * (lid * corner));
    return color + (1.0 - color) * (catch_light * facing_front);
}

@fragment
fn fs_eye(in: LitEye) -> @location(0) vec4f {
    var base = in.light;
    if TEXTURED {
        base *= painted(in.uv_eye.xy);
    }
    let color = eye(base.rgb, normalize(in.normal), normalize(in.to_eye), in.uv_eye.z, in.uv_eye.w);
    return finish(color, base.a);
}

// The normal with the bumps of the picture. How its coordinates run over the surface is seen from neighbouring pixels
// (Schueler 2013, "Followup: Normal Mapping Without Precomputed Tangents"), so that it holds in every pose.
fn bumped(normal: vec3f, world: vec3f, uv: vec2f) -> vec3f {
    let bump = (data(normal_picture, uv * draw.normal_uv.xy + draw.normal_uv.zw) * 2.0 - 1.0)
        * vec3f(draw.bumps.xx, 1.0);
    // Rows run downwards.
    let right = dpdx(world);
    let up = -dpdy(world);
    let uv_right = dpdx(uv);
    let uv_up = -dpdy(uv);
    let across_up = cross(up, normal);
    let across_right = cross(normal, right);
    let along_u = across_up * uv_right.x + across_right * uv_up.x;
    let along_v = across_up * uv_right.y + across_right * uv_up.y;
    let longest = max(dot(along_u, along_u), dot(along_v, along_v));
    let scale = inverseSqrt(max(longest, 1e-30));
    // Green points against v.
    return normalize((along_u * bump.x - along_v * bump.y) * scale + normal * max(bump.z, 0.05));
}

// What the pictures of the material say about `spot`.
fn pictured(spot_in: Spot, place: Place, albedo: vec3f) -> Spot {
    var spot = spot_in;
    if BUMPS {
        spot.normal = bumped(spot.smooth_normal, place.world, place.uv);
    }
    var metal = draw.extra.w;
    if ROUGHNESS_PICTURE {
        let told = data(roughness_picture, place.uv * draw.roughness_uv.xy + draw.roughness_uv.zw);
        spot.roughness = sane_roughness(draw.extra.z * told.g);
        metal *= told.b;
    }
    if MIPS {
        // Where the normal turns within a pixel, highlights would sparkle (Tokuyoshi and Kaplanyan 2021).
        let turn = dpdx(spot.normal);
        let turn_down = dpdy(spot.normal);
        let rough_2 = spot.roughness * spot.roughness;
        let more = min(0.5 * (dot(turn, turn) + dot(turn_down, turn_down)), 0.18);
        spot.roughness = sqrt(sqrt(min(rough_2 * rough_2 + more, 1.0)));
    }
    if SHADE_PICTURE {
        let told = data(shade_picture, place.uv * draw.shade_uv.xy + draw.shade_uv.zw).r;
        let open = 1.0 - draw.glow.w * (1.0 - told);
        spot.open *= open;
        spot.sky_open *= open;
    }
    if SURFACE == CLOTH {
        spot.mirror = mix(spot.mirror, albedo, metal);
        spot.metal = metal;
    }
    if SURFACE == HAIR && TEXTURED {
        // The strands of the picture break the highlight up.
        spot.shift = 0.2 * (luma(encoded(albedo)) - 0.35);
    }
    return spot;
}

@fragment
fn fs_pixel(in: Place) -> @location(0) vec4f {
    var base = in.base;
    if TEXTURED {
        base *= painted(in.uv);
    }
    if SURFACE == UNLIT {
        return finish(base.rgb, base.a);
    }
    let albedo = decoded(base.rgb);
    let spot = pictured(spot_at(in, 0.0), in, albedo);
    var light = light_on(spot);
    light.mirrored *= wet(base.rgb);
    if SURFACE == CLEAR {
        let shine = neutral(encoded(light.mirrored));
        return vec4f(shine, max(max(shine.r, shine.g), shine.b));
    }
    let matt = albedo * (1.0 - spot.metal) * light.diffuse;
    if SURFACE == EYE {
        return finish(eye(encoded(matt), spot.normal, spot.to_eye, in.shade.z, in.shade.w), base.a);
    }
    var glow = vec3f(0.0);
    if GLOWS {
        glow = draw.glow.rgb;
        if GLOW_PICTURE {
            glow *= decoded(data(glow_picture, in.uv * draw.glow_uv.xy + draw.glow_uv.zw));
        }
    }
    let color = neutral(encoded(matt + light.mirrored + glow));
    if ALPHA == 2u && SURFACE == CLOTH {
        // Glass is seen through, but not what it mirrors. Where there is nothing at all, nothing is mirrored.
        let shine = neutral(encoded(light.mirrored + glow)) * smoothstep(0.0, 0.2, base.a);
        return mix(vec4f(shine, max(max(shine.r, shine.g), shine.b)), vec4f(color, 1.0), base.a);
    }
    return finish(color, base.a);
}
