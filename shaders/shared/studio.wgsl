// The studio that hosts stand in: its lights, what is mirrored of it, and how light becomes a picture.

struct Softbox {
    // Towards its middle, unit length.
    direction: vec4f,
    // What it adds to a white matt surface that faces it, linear.
    color: vec4f,
    // xy: half its width and height as a mirror shows it; z: 1 in front of the host, -1 behind.
    size: vec4f,
}

struct Frame {
    clip_from_world: mat4x4f,
    view_from_world: mat4x4f,
    eye_in_world: vec4f,
    // Width and height in pixels.
    picture: vec4f,
    // Key, fill, rim from the right, rim from the left.
    boxes: array<Softbox, 4>,
    // Light from above and from below, linear.
    sky: vec4f,
    ground: vec4f,
}

// From sRGB to linear light and back: polynomials that stay within 0.3 % of IEC 61966-2-1 and need no logarithm
// (Chilliant 2012, "sRGB approximations for HLSL").
fn decoded(c: vec3f) -> vec3f {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

fn encoded(c: vec3f) -> vec3f {
    let root = sqrt(max(c, vec3f(0.0)));
    let root_4 = sqrt(root);
    return max(0.662002687 * root + 0.684122060 * root_4 - 0.323583601 * sqrt(root_4) - 0.022541147 * c, vec3f(0.0));
}

// Tone curve: Khronos PBR Neutral (2024), which leaves everything below its shoulder as it is, so that the colours of
// products stay true, and scales what is brighter as a whole, so that skin keeps its hue. Its shoulder is moved to encoded
// values (0.76 linear is 0.885 encoded); its toe, which takes a mirrored 4 % away, is left out: our lights are set by eye.
// Bright colours turn white a little sooner than in the original, as on film, but never wholly: gold shines golden.
fn neutral(color: vec3f) -> vec3f {
    const SHOULDER = 0.885;
    const REST = 1.0 - SHOULDER;
    let peak = max(max(color.r, color.g), color.b);
    let over = max(peak - SHOULDER, 0.0);
    let lost = over * over / (over + REST);
    let white = min(2.0 * lost, 0.7);
    return mix(color * (1.0 - lost / max(peak, SHOULDER)), vec3f(peak - lost), white);
}

// What a surface of `roughness` mirrors from direction `r`: the four softboxes and the room, blurred as far as the
// surface is rough. `seen`: how much of the room and of the key light reaches the surface; `boxes`: how many softboxes are
// mirrored.
//
// A softbox is a rounded rectangle in the plane of the picture. Its light is spread over its blurred area, so that the
// whole stays the same: 3.286 is the integral of exp(-x^4 - y^4), and a surface that faces a light of `color` gets pi
// times that in all.
fn studio(r: vec3f, roughness: f32, seen: vec2f, boxes: u32) -> vec3f {
    let blur = 0.7 * roughness * sqrt(roughness);
    let up = clamp(0.5 + 0.5 * r.y / (0.06 + 0.94 * roughness), 0.0, 1.0);
    // A mirror shows walls that darken towards the height of the eyes.
    let walls = mix(0.35 + 1.2 * abs(r.y), 1.0, roughness);
    var sum = mix(frame.ground.rgb, frame.sky.rgb, up) * (walls * seen.x);
    for (var i = 0u; i < boxes; i++) {
        let size = frame.boxes[i].size.xy + blur;
        let at = (r.xy - frame.boxes[i].direction.xy) / size;
        let at_2 = at * at;
        let side = clamp(0.5 + 0.5 * r.z * frame.boxes[i].size.z / (0.05 + blur), 0.0, 1.0);
        // Lamps behind the host have grids: what is rough does not catch their light.
        let grid = select(1.0, (1.0 - roughness) * (1.0 - roughness), i > 1u);
        let light = exp2(-1.4427 * dot(at_2, at_2)) * side * grid * (0.956 / (size.x * size.y));
        sum += frame.boxes[i].color.rgb * (light * select(seen.x, seen.y, i == 0u));
    }
    return sum;
}

// How much of the mirrored light comes back at this angle: x times the colour of a mirror seen straight on, plus y
// (Karis 2014, "Physically Based Shading on Mobile", after Lazarov 2013).
fn mirror_share(roughness: f32, facing: f32) -> vec2f {
    let r = roughness * vec4f(-1.0, -0.0275, -0.572, 0.022) + vec4f(1.0, 0.0425, 1.04, -0.04);
    let a = min(r.x * r.x, exp2(-9.28 * facing)) * r.x + r.y;
    return vec2f(-1.04, 1.04) * a + r.zw;
}
