// What axe-core has to complain about in a page or a frame.
import assert from 'node:assert/strict';
import axe from 'axe-core';

// For `stub` of a person: axe is there before the page's own scripts, whatever its policy says.
export const AXE = { script: { content: axe.source } };

// Nothing axe knows may be wrong with what this frame shows now. `within`: only this part of it.
export async function isAccessible(frame, what, within) {
  const found = await frame.evaluate(run, within);
  assert.deepEqual(found, [], `${what}, by axe`);
}

// Runs in the page: one line a fault. Frames are looked at by themselves, and what moves is looked
// at where it comes to rest.
async function run(within) {
  const moving = document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
  await Promise.allSettled(moving.map((one) => one.finished));
  const { violations } = await window.axe.run(within ?? document, { iframes: false, resultTypes: ['violations'] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')} ${node.any.map((any) => any.message)}`));
}
