import { connect } from 'node:net';
import * as fc from 'fast-check';
import { connectRpc } from '../rpc.ts';
import { embargoRound } from './embargo-round.ts';
import { Everything, type Everything$Client } from './generated/everything.ts';
import { converse, mutate, mutation, recorded } from './recordings.ts';
import { SCENARIOS } from './scenarios.ts';
import { seededRandom } from './seeded-random.ts';

/** The scenario of 1,000 rounds is left out: its rounds are made one by one. */
const OTHERS = SCENARIOS.filter(({ name }) => name !== 'embargo');

/** Says and does random things for a time; answers how many. Throws when the peer does not keep its word. */
export async function talk(address: string, seed: number, untilMs: number): Promise<number> {
  const random = seededRandom(seed);
  const connection = connectRpc(connect(address));
  const root = connection.bootstrap(Everything);
  let steps = 0;
  try {
    for (; performance.now() < untilMs; steps++) await oneStep(root, random);
  } catch (error) {
    throw new Error(`step ${steps} of seed ${seed} failed`, { cause: error });
  }
  root.close();
  connection.close();
  await connection.closed;
  return steps;
}

async function oneStep(root: Everything$Client, random: () => number): Promise<void> {
  const choice = Math.floor(random() * 4);
  if (choice === 0) await OTHERS[Math.floor(random() * OTHERS.length)]?.run(root, random);
  else if (choice === 1) await converse(root, Math.floor(random() * 1_000));
  else await embargoRound(root, random);
}

/** Plays damaged recordings to a server for a time, one connection each; answers how many. */
export async function harass(address: string, seed: number, untilMs: number): Promise<number> {
  let played = 0;
  for (; performance.now() < untilMs; played++) {
    const [mutations = []] = fc.sample(fc.array(mutation, { minLength: 1, maxLength: 4 }), {
      seed: seed + played,
      numRuns: 1,
    });
    const { toServer } = await recorded(played % 31);
    await play(
      address,
      mutations.reduce((bytes, one) => mutate(bytes, one), toServer),
    );
  }
  return played;
}

/** Sends bytes and waits for the peer to have had enough of them. */
async function play(address: string, bytes: Buffer): Promise<void> {
  const socket = connect(address);
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  // A peer that ends the connection with bytes unread resets it, which is its right.
  socket.on('error', () => undefined);
  socket.resume().end(bytes);
  await over;
}
