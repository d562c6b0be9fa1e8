// Runs the core's scenarios, compiled to wasm, as Node tests: one test a scenario.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const file = process.env.TINCAN_TEST_CORE;
const require = createRequire(import.meta.url);

// A panic leaves a wasm module unusable, so each scenario gets a module of its own.
function load() {
  delete require.cache[require.resolve(file)];
  return require(file);
}

const core = load();
assert.ok(core.count() > 0, 'the core has scenarios');

for (let index = 0; index < core.count(); index++) {
  test(core.name(index), () => assert.equal(load().run(index), true));
}
