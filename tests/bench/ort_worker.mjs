// The ONNX Runtime contender; contender_worker.h has the protocol.
import { readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, threads, processors, modules] = process.argv.slice(2);

function say(line) {
  const bytes = Buffer.from(line + '\n');
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}

// ------------------------------------------------ a model of one node, in ONNX

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128))
    bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}
const integer = (field, value) =>
  Buffer.concat([varint(field * 8), varint(value)]);
const part = (field, bytes) =>
  Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
const text = (field, value) => part(field, Buffer.from(value));
const message = (field, ...parts) => part(field, Buffer.concat(parts));

const FLOAT = 1, INT = 2, INTS = 7; // of TensorProto, of AttributeProto

const tensor = (name, dims, data) =>
  message(5, ...dims.map((d) => integer(1, d)), integer(2, FLOAT),
    text(8, name), part(9, data));
const value = (field, name, dims) =>
  message(field, text(1, name), message(2, message(1, integer(1, FLOAT),
    message(2, ...dims.map((d) => message(1, integer(1, d)))))));
const ints = (name, values) =>
  message(5, text(1, name), ...values.map((v) => integer(8, v)),
    integer(20, INTS));
const int = (name, v) => message(5, text(1, name), integer(3, v),
  integer(20, INT));

function model(l, weight, bias) {
  const node = message(1, text(1, 'x'), text(1, 'w'),
    ...(l.bias ? [text(1, 'b')] : []), text(2, 'y'), text(4, 'ConvTranspose'),
    ints('kernel_shape', [l.k]), ints('strides', [l.stride]),
    ints('dilations', [l.dilation]), ints('pads', [l.begin, l.end]),
    ints('output_padding', [l.outputPadding]), int('group', l.groups));
  const graph = message(7, node, text(2, 'layer'),
    tensor('w', [l.c, l.o / l.groups, l.k], weight),
    ...(l.bias ? [tensor('b', [l.o], bias)] : []),
    value(11, 'x', [1, l.c, l.length]), value(12, 'y', [1, l.o, l.outLength]));
  return Buffer.concat([integer(1, 8), graph,
    message(8, text(1, ''), integer(2, 13))]);
}

// ------------------------------------------------------------------- answers

let ort, native, layer;

function open(words) {
  const [c, o, k, stride, begin, end, outputPadding, groups, bias, dilation,
    length, outLength] = words;
  const l = { c, o, k, stride, begin, end, outputPadding, groups, bias,
    dilation, length, outLength };
  layer?.session.dispose();
  layer = undefined;
  const bytes = model(l, readFileSync(`${folder}/weight.bin`),
    readFileSync(`${folder}/bias.bin`));
  const options = { executionProviders: ['cpu'], intraOpNumThreads: +threads,
    interOpNumThreads: 1, logSeverityLevel: 3 };
  if (+threads > 1) // the caller is one of the threads; counted from 1
    options.extra = { session: { intra_op_thread_affinities: processors
      .split(',').slice(1).map((p) => +p + 1).join(';') } };
  // The native session: run() without a turn of the event loop.
  native.initOrt();
  const session = new native.binding.InferenceSession();
  session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, options);
  const x = readFileSync(`${folder}/x.bin`);
  const y = new Float32Array(o * outLength);
  layer = { session, y,
    feeds: { x: new ort.Tensor('float32', new Float32Array(x.buffer,
      x.byteOffset, x.length / 4), [1, c, length]) },
    fetches: { y: new ort.Tensor('float32', y, [1, o, outLength]) } };
  return 'ok';
}

function run(warm, count, batch) {
  const { session, feeds, fetches } = layer;
  const times = [];
  for (let i = 0; i < warm; i++) session.run(feeds, fetches, {});
  for (let i = 0; i < count; i++) {
    const begin = process.hrtime.bigint();
    for (let b = 0; b < batch; b++) session.run(feeds, fetches, {});
    times.push((Number(process.hrtime.bigint() - begin) / batch).toFixed(1));
  }
  return 'times ' + times.join(' ');
}

function output() {
  layer.session.run(layer.feeds, layer.fetches, {});
  writeFileSync(`${folder}/result.bin`, layer.y);
  return 'ok';
}

function answer(line) {
  const [word, ...rest] = line.split(' ');
  if (word === 'layer') return open(rest.map(Number));
  if (word === 'run') return run(...rest.map(Number));
  return output();
}

function guarded(work) {
  try {
    return work();
  } catch (error) {
    return 'no ' + String(error.message ?? error).split('\n')[0];
  }
}

const started = guarded(() => {
  const require = createRequire(modules + '/');
  ort = require('onnxruntime-node');
  native = require(require.resolve('onnxruntime-node')
    .replace(/index\.js$/, 'binding.js'));
  return 'ready onnxruntime ' +
    require(modules + '/onnxruntime-node/package.json').version;
});
say(started);
const chunk = Buffer.alloc(4096);
for (let held = ''; started.startsWith('ready');) {
  const got = readSync(0, chunk);
  if (got === 0) break;
  held += chunk.toString('utf8', 0, got);
  for (let at; (at = held.indexOf('\n')) >= 0; held = held.slice(at + 1))
    say(guarded(() => answer(held.slice(0, at))));
}
process.exit(0);
