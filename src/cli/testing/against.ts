/** One run of the CLI against answers recorded for it. */
import type { Answers, Asked } from './fake-api.ts';
import { startFakeApi } from './fake-api.ts';
import { type CliRun, type CliWorld, runCli } from './run-cli.ts';

export interface RunAgainst extends CliRun {
  readonly asked: readonly Asked[];
}

export async function against(answers: Answers, world: CliWorld, ...argv: readonly string[]): Promise<RunAgainst> {
  await using api = await startFakeApi(answers);
  const run: CliRun = await runCli({ server: api.server, ...world }, ...argv);
  return { ...run, asked: api.asked };
}

/** A page of a list with everything on it. */
export const list = (...items: readonly unknown[]) => ({
  json: { items, next_cursor: null, revision: 48190, epoch: 1 },
});
