// What TensorFlow.js itself makes of a graph model.
//
//   node reference.mjs MODEL.json MODEL.bin IN.json OUT
//
// IN.json maps an input's name to {shape, file}, the file holding float32 values. OUT.json gets the
// shape of every output, OUT.bin their float32 values one after the other.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const tf = require('@tensorflow/tfjs-core');
const { loadGraphModel } = require('@tensorflow/tfjs-converter');
require('@tensorflow/tfjs-backend-cpu');

const [topology, weights, inputs, out] = process.argv.slice(2);
const json = JSON.parse(fs.readFileSync(topology));
const data = fs.readFileSync(weights);
await tf.setBackend('cpu');
const model = await loadGraphModel({
  load: async () => ({
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
    signature: json.signature,
    format: json.format,
  }),
});

const feeds = {};
for (const [name, { shape, file }] of Object.entries(JSON.parse(fs.readFileSync(inputs)))) {
  const bytes = fs.readFileSync(file);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  feeds[name] = tf.tensor(values, shape, 'float32');
}
const names = Object.keys(json.signature.outputs);
const tensors = names.map((name) => json.signature.outputs[name].name);
const answered = await model.executeAsync(feeds, tensors);
const results = Array.isArray(answered) ? answered : [answered];

const shapes = {};
const blocks = [];
for (const [i, name] of names.entries()) {
  shapes[name.replace(/:0$/, '')] = results[i].shape;
  blocks.push(Buffer.from(Float32Array.from(results[i].dataSync()).buffer));
}
fs.writeFileSync(`${out}.json`, JSON.stringify(shapes));
fs.writeFileSync(`${out}.bin`, Buffer.concat(blocks));
