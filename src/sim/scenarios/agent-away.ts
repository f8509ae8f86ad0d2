/** What happens while the agent, the host or everything is away. */
import {
  granted,
  incarnationOf,
  isPhase,
  processesOf,
  readingOf,
  restAndCheck,
  uidOf,
  untilConverged,
} from './looks.ts';
import { create, pause, verb } from './requests.ts';
import type { Scenario } from './scenario.ts';

export const pauseAgentRestartResume: Scenario = {
  name: 'pause-agent-restart-resume',
  about: 'a pause survives an agent restart, and resume works afterwards',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web'));
    await untilConverged(world, 'web');
    await world.advance(5_000);
    const before = incarnationOf(world, 'web');
    await granted(world, pause(world, 'web', 'pause'));
    world.expect(isPhase(world, 'web', 'paused'), 'the answer of pause is readable by every later GET');
    world.expect(world.executing().length === 0, 'the guest executes nothing');
    const node = world.node();
    node.kill();
    await world.advance(3_000);
    node.start();
    await world.advance(30_000);
    world.expect(world.executing().length === 0, 'the pause survived the restart of the agent');
    await untilConverged(world, 'web', 'paused');
    await granted(world, pause(world, 'web', 'resume'));
    await untilConverged(world, 'web');
    world.expect(incarnationOf(world, 'web')?.id === before?.id, 'it is the same incarnation');
    await restAndCheck(world);
  },
};

export const rebootWhileAgentDown: Scenario = {
  name: 'reboot-while-agent-down',
  about: 'a reboot is asked for while the agent is down; then the host itself reboots',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web', { stop: { grace_seconds: 5 } }));
    await granted(world, create(world, 'held', { start_at_boot: false }));
    await untilConverged(world, 'web');
    await untilConverged(world, 'held');
    await world.advance(5_000);
    const node = world.node();
    node.kill();
    await granted(world, verb(world, 'web', 'reboot'));
    await world.advance(20_000);
    world.expect(incarnationOf(world, 'web')?.run === 1, 'nothing happens while nobody is there to do it');
    node.start();
    await untilConverged(world, 'web');
    world.expect(incarnationOf(world, 'web')?.run === 2, 'the reboot was made up for');
    node.kill();
    await world.advance(1_000);
    node.losePower();
    await world.advance(30_000);
    node.start();
    await untilConverged(world, 'web');
    await untilConverged(world, 'held', 'stopped');
    world.expect(incarnationOf(world, 'web')?.run === 2, 'a boot of the host is no new run');
    world.expect(readingOf(world, 'web')?.reason === null, 'a boot of the host is no failure');
    await granted(world, verb(world, 'held', 'start'));
    await untilConverged(world, 'held');
    await restAndCheck(world);
  },
};

export const killEverything: Scenario = {
  name: 'kill-everything',
  about: 'guest, agent and control plane are killed, each alone and all together; everything converges again',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web'));
    await untilConverged(world, 'web');
    const node = world.node();
    const uid = uidOf(world, 'web');
    const killGuest = (): void => {
      for (const process of node.processes) node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
    };
    for (const victims of ['guest', 'agent', 'control', 'guest agent', 'agent control', 'guest agent control']) {
      if (victims.includes('guest')) killGuest();
      if (victims.includes('agent')) node.kill();
      if (victims.includes('control')) world.control.kill();
      await world.advance(world.random.between(0, 5_000));
      if (!world.control.isUp) world.control.start();
      if (!node.isUp) node.start();
      await world.until(() => world.control.isUp, 5_000, 'the control plane is up again');
      await world.advance(20_000);
      await untilConverged(world, 'web');
      world.expect(processesOf(world, uid) === 1, `one process after ${victims} died`);
    }
    await restAndCheck(world);
  },
};

export const twoAgents: Scenario = {
  name: 'two-agents',
  about: 'a second agent on the same data directory is refused, and one of the same name on another is node_in_use',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web'));
    await untilConverged(world, 'web');
    const node = world.node();
    let refused = '';
    try {
      node.start();
    } catch (error) {
      refused = (error as { readonly code?: string }).code ?? String(error);
    }
    world.expect(refused === 'data_dir_in_use', `the second agent was told ${refused}`);
    const twin = node.startTwin();
    await world.advance(60_000);
    await untilConverged(world, 'web');
    world.expect(processesOf(world, uidOf(world, 'web')) === 1, 'the twin started nothing');
    world.expect(node.isUp, 'the first agent goes on');
    twin.end();
    await restAndCheck(world);
  },
};
