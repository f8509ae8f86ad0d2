/** What happens while the agent, the host or everything is away. */
import { story } from './story.ts';

export const pauseAgentRestartResume = story(
  'pause-agent-restart-resume',
  'a pause survives an agent restart, and resume works afterwards',
  async (world, vm) => {
    const web = await vm('web').running();
    await world.advance(5_000);
    const before = web.incarnation;
    await web.ask('pause');
    world.expect(web.is('paused'), 'the answer of pause is readable by every later GET');
    world.expect(world.executing().length === 0, 'the guest executes nothing');
    const node = world.node();
    node.kill();
    await world.advance(3_000);
    node.start();
    await world.advance(30_000);
    world.expect(world.executing().length === 0, 'the pause survived the restart of the agent');
    await web.converged('paused');
    await web.ask('resume');
    await web.converged();
    world.expect(world.executing().length === 1, 'the guest executes again');
    world.expect(web.incarnation?.id === before?.id, 'it is the same incarnation');
  },
);

export const rebootWhileAgentDown = story(
  'reboot-while-agent-down',
  'a reboot is asked for while the agent is down; then the host itself reboots',
  async (world, vm) => {
    const web = await vm('web').running({ stop: { grace_seconds: 5 } });
    const held = await vm('held').running({ start_at_boot: false });
    await world.advance(5_000);
    const node = world.node();
    node.kill();
    await web.ask('reboot');
    await world.advance(20_000);
    world.expect(web.incarnation?.run === 1, 'nothing happens while nobody is there to do it');
    node.start();
    await web.converged();
    world.expect(web.incarnation?.run === 2, 'the reboot was made up for');
    node.kill();
    await world.advance(1_000);
    node.losePower();
    await world.advance(30_000);
    node.start();
    await web.converged();
    await held.converged('stopped');
    world.expect(web.incarnation?.run === 2, 'a boot of the host is no new run');
    world.expect(web.reading?.reason === null, 'a boot of the host is no failure');
    world.expect(web.observed?.history.length === 0, 'nor is it remembered as one');
    await held.ask('start');
    await held.converged();
  },
);

export const killEverything = story(
  'kill-everything',
  'guest, agent and control plane are killed, each alone and all together; everything converges again',
  async (world, vm) => {
    const web = await vm('web').running();
    const node = world.node();
    for (const victims of ['guest', 'agent', 'control', 'guest agent', 'agent control', 'guest agent control']) {
      if (victims.includes('guest')) {
        for (const process of node.processes) node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
      }
      if (victims.includes('agent')) node.kill();
      if (victims.includes('control')) world.control.kill();
      await world.advance(world.random.between(0, 5_000));
      if (!world.control.isUp) world.control.start();
      if (!node.isUp) node.start();
      await world.until(() => world.control.isUp, 5_000, 'the control plane is up again');
      await world.advance(20_000);
      await web.converged();
      world.expect(web.processes === 1, `one process after ${victims} died`);
    }
  },
);

export const twoAgents = story(
  'two-agents',
  'a second agent on the same data directory is refused, and one of the same name on another is node_in_use',
  async (world, vm) => {
    const web = await vm('web').running();
    const node = world.node();
    let refused = '';
    try {
      node.start();
    } catch (error) {
      refused = (error as { readonly code?: string }).code ?? String(error);
    }
    world.expect(refused === 'data_dir_in_use', `the second agent was told ${refused}`);
    const { id } = web.incarnation ?? {};
    const session = world.sessionOf(node.name);
    const twin = node.startTwin();
    await world.advance(60_000);
    world.expect(twin.calls > 0, 'the twin lives');
    world.expect(world.sessionOf(node.name) === session, 'the session of the first agent goes on');
    await web.converged();
    world.expect(web.processes === 1 && web.incarnation?.id === id, 'the twin started nothing and ended nothing');
    world.expect(node.isUp, 'the first agent goes on');
    twin.end();
  },
);
