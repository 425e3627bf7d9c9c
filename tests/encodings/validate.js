// Lets the Khronos glTF validator look at every host that we ship; fails on any error or warning.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import validator from 'gltf-validator';

const avatars = join(dirname(fileURLToPath(import.meta.url)), '../../avatars');
const shipped = readdirSync(avatars).sort().map((name) => join(avatars, name, 'host.glb')).filter(existsSync);
const files = process.argv.length > 2 ? process.argv.slice(2) : shipped;
const words = ['error', 'warning', 'information', 'hint'];

let wrong = files.length === 0;
for (const file of files) {
    const report = await validator.validateBytes(new Uint8Array(readFileSync(file)), { maxIssues: 0, uri: file });
    const { numErrors, numWarnings, numInfos, numHints, messages } = report.issues;
    console.log(`${file}: ${numErrors} errors, ${numWarnings} warnings, ${numInfos} informations, ${numHints} hints`);
    const told = new Map();
    for (const { code, severity, message, pointer } of messages) {
        const key = `${words[severity]} ${code}`;
        const { count, example } = told.get(key) ?? { count: 0, example: `${message} (${pointer})` };
        told.set(key, { count: count + 1, example });
    }
    for (const [key, { count, example }] of told) {
        console.log(`  ${key}, ${count} times, for example: ${example}`);
    }
    wrong ||= numErrors > 0 || numWarnings > 0;
}
if (wrong) {
    console.error(files.length === 0 ? `there are no hosts in ${avatars}` : 'a host is not valid glTF: see above');
    process.exit(1);
}
