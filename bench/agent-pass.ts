/**
 * The CPU time of a pass in which nothing changed, over many instances on the fake runtime, against its limit (spec: 10,000
 * instances in 200 ms). A pass looks at a rotating tenth and judges the others from memory. Exit code 1 above the limit.
 *
 *   node bench/agent-pass.ts [instances]
 */
import { createTestNode, testSpec } from '../src/agent/testing/test-node.ts';
import { aDesired } from '../src/core/instance/testing/builders.ts';
import { asUid } from '../src/core/kit/brand.ts';

const instances = Number(process.argv[2] ?? 10_000);
const limitMs = 200;
const passes = 20;
/** Simulated time in which all must have come up: two start at once, each at no cost. */
const convergeMs = 120_000;

const node = createTestNode();
const { agent } = node.boot();
const began = performance.now();
node.assign(
  ...Array.from({ length: instances }, (_, i) =>
    aDesired({
      uid: asUid(`0195a3c1-7a44-7c1e-9b1f-${String(i).padStart(12, '0')}`),
      name: `vm-${i}`,
      spec: testSpec(),
    }),
  ),
);
await node.clock.advanceUntil(() => node.world.processes.size === instances, convergeMs, 'every instance runs');
await node.clock.advance(5_000);
console.log(`${instances} instances converged in ${((performance.now() - began) / 1_000).toFixed(1)} s of real time`);

const costs: number[] = [];
for (let i = 0; i < passes; i += 1) {
  const before = process.cpuUsage();
  await agent.pass();
  const { user, system } = process.cpuUsage(before);
  costs.push((user + system) / 1_000);
}
costs.sort((a, b) => a - b);
const worst = costs.at(-1) ?? 0;
const median = costs[passes / 2] ?? 0;
const ratio = (worst / limitMs).toFixed(2);
console.log(`no-change pass: median ${median.toFixed(1)} ms CPU, worst ${worst.toFixed(1)} ms, ${ratio} of the limit`);
process.exit(worst <= limitMs ? 0 : 1);
