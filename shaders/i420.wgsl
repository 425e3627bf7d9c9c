// Turns a finished picture into the three planes of I420, BT.709 in limited range. One invocation converts 8x2 pixels:
// four words of luma and one word of each chroma. The width is a multiple of 8, the height of 2.

@group(0) @binding(0) var picture: texture_2d<f32>;
// Luma of all rows, then the first and the second chroma plane, four bytes in a word.
@group(0) @binding(1) var<storage, read_write> planes: array<u32>;

// ITU-R BT.709-6, item 3.2.
const LUMA = vec3f(0.2126, 0.7152, 0.0722);

fn byte(value: f32) -> u32 {
    return u32(clamp(value + 0.5, 0.0, 255.0));
}

@compute @workgroup_size(8, 8)
fn convert(@builtin(global_invocation_id) id: vec3u) {
    let size = textureDimensions(picture);
    let at = vec2u(id.x * 8u, id.y * 2u);
    if at.x >= size.x || at.y >= size.y {
        return;
    }
    var sums: array<vec3f, 4>;
    for (var row = 0u; row < 2u; row++) {
        for (var word = 0u; word < 2u; word++) {
            var packed = 0u;
            for (var i = 0u; i < 4u; i++) {
                let color = textureLoad(picture, at + vec2u(word * 4u + i, row), 0).rgb;
                sums[word * 2u + i / 2u] += color;
                packed |= byte(16.0 + 219.0 * dot(color, LUMA)) << (8u * i);
            }
            planes[((at.y + row) * size.x + at.x) / 4u + word] = packed;
        }
    }
    var blue = 0u;
    var red = 0u;
    for (var i = 0u; i < 4u; i++) {
        let color = sums[i] / 4.0;
        let luma = dot(color, LUMA);
        blue |= byte(128.0 + 224.0 * (color.b - luma) / 1.8556) << (8u * i);
        red |= byte(128.0 + 224.0 * (color.r - luma) / 1.5748) << (8u * i);
    }
    let place = size.x * size.y / 4u + id.y * (size.x / 8u) + id.x;
    planes[place] = blue;
    planes[place + size.x * size.y / 16u] = red;
}
