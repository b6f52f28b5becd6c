// Runs policy.onnx or links.onnx in ONNX Runtime on the states of golden.json and compares Q; also
// multiplies out policy.safetensors by hand. Arguments: folder of the package, folder of the export. Prints the
// largest difference; exits with 1 past 1e-4 of the largest |Q| or of 1.
'use strict';
const fs = require('fs');
const path = require('path');
const [modules, folder] = process.argv.slice(2);
const ort = require(path.resolve(modules, 'node_modules', 'onnxruntime-node'));
const golden = JSON.parse(fs.readFileSync(path.join(folder, 'golden.json'), 'utf8'));

function dense(state) {
  const x = new Float32Array(golden.features);
  state.index.forEach((feature, i) => { x[feature] = state.value[i]; });
  return x;
}

function largest(q) { // q: one row a state
  let difference = 0;
  let size = 1;
  golden.states.forEach((state, b) => state.q.forEach((expected, a) => {
    const d = Math.abs(q[b][a] - expected);
    difference = d <= difference ? difference : d; // NaN stays
    size = Math.max(size, Math.abs(expected));
  }));
  return [difference, 1e-4 * size];
}

function fromSafetensors() {
  const bytes = fs.readFileSync(path.join(folder, 'policy.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
  const meta = header.__metadata__;
  const read = (name) => {
    const [begin, end] = header[name].data_offsets;
    const copy = new Uint8Array(bytes.subarray(8 + length + begin, 8 + length + end));
    return new Float32Array(copy.buffer);
  };
  const layers = [];
  for (let k = 0; header[`layer${k}.weight`]; k++) {
    layers.push({ w: read(`layer${k}.weight`), b: read(`layer${k}.bias`) });
  }
  return golden.states.map((state) => {
    const heads = Number(meta.heads || 0);
    const goals = dense(state).subarray(golden.features - heads);
    let x = dense(state).subarray(0, golden.features - heads);
    layers.forEach(({ w, b }, k) => {
      const y = Float64Array.from(b);
      x.forEach((factor, i) => {
        for (let j = 0; factor !== 0 && j < y.length; j++) y[j] += factor * w[i * y.length + j];
      });
      x = k + 1 < layers.length ? y.map((v) => Math.max(v, 0)) : y;
    });
    if (heads > 0) {
      const q = new Float64Array(golden.actions);
      x.forEach((v, i) => { q[i % golden.actions] += goals[Math.floor(i / golden.actions)] * v; });
      return q;
    }
    if (meta.dueling !== 'true') return x;
    const a = x.subarray(0, golden.actions);
    const mean = a.reduce((s, v) => s + v, 0) / golden.actions;
    return a.map((v) => x[golden.actions] - mean + v);
  });
}

async function main() {
  const links = fs.existsSync(path.join(folder, 'links.onnx'));
  const session = await ort.InferenceSession.create(path.join(folder, links ? 'links.onnx' : 'policy.onnx'));
  const n = golden.states.length;
  const data = new Float32Array(n * golden.features);
  golden.states.forEach((state, b) => data.set(dense(state), b * golden.features));
  const state = new ort.Tensor('float32', data, [n, golden.features]);
  const q = (await session.run({ [session.inputNames[0]]: state }))[session.outputNames[0]];
  if (q.dims[0] !== n || q.dims[1] !== golden.actions) throw new Error(`shape of q: ${q.dims}`);
  const rows = golden.states.map((_, b) => q.data.subarray(b * golden.actions, (b + 1) * golden.actions));
  const results = [['onnxruntime', largest(rows)]];
  if (!links) results.push(['safetensors', largest(fromSafetensors())]);
  for (const [name, result] of results) {
    console.log(`${name}: largest difference of Q ${result[0].toPrecision(3)}, allowed ${result[1].toPrecision(3)}`);
    if (!(result[0] <= result[1])) process.exitCode = 1;
  }
}
main().catch((error) => { console.error(error); process.exit(1); });
