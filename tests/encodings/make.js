// Writes avatars/lina/host.glb in every encoding that glTF knows to target/encodings, for tests/suite/encodings.rs.
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeIO } from '@gltf-transform/core';
import { ALL_EXTENSIONS } from '@gltf-transform/extensions';
import { draco, meshopt, quantize, sparse, textureCompress, unpartition } from '@gltf-transform/functions';
import draco3d from 'draco3dgltf';
import { ktx2 } from 'ktx2-encoder/gltf-transform';
import { MeshoptDecoder, MeshoptEncoder } from 'meshoptimizer';
import sharp from 'sharp';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const source = process.argv[2] ?? join(root, 'avatars/lina/host.glb');
const folder = process.argv[3] ?? join(root, 'target/encodings');

await MeshoptEncoder.ready;
const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({
    'draco3d.encoder': await draco3d.createEncoderModule(),
    'draco3d.decoder': await draco3d.createDecoderModule(),
    'meshopt.encoder': MeshoptEncoder,
    'meshopt.decoder': MeshoptDecoder,
});

const imageDecoder = async (bytes) => {
    const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return { data: new Uint8Array(data), width: info.width, height: info.height };
};
const basis = (isUASTC) => ktx2({ isUASTC, generateMipmap: true, qualityLevel: 255, imageDecoder });

const variants = {
    plain: [],
    sparse: [sparse({ ratio: 1 })],
    quantized: [quantize()],
    meshopt: [meshopt({ encoder: MeshoptEncoder, level: 'high' })],
    webp: [textureCompress({ encoder: sharp, targetFormat: 'webp', quality: 90 })],
    draco: [draco(), unpartition()],
    uastc: [basis(true)],
    etc1s: [basis(false)],
};

// The texture encoder tells of every block that it writes.
const say = console.log;
console.log = () => {};

mkdirSync(folder, { recursive: true });
for (const [name, transforms] of Object.entries(variants)) {
    const document = await io.read(source);
    await document.transform(...transforms);
    const file = join(folder, `${name}.glb`);
    await io.write(file, document);
    const used = document.getRoot().listExtensionsUsed().map((extension) => extension.extensionName);
    say(`${name}.glb: ${statSync(file).size} bytes, ${used.join(', ')}`);
}
