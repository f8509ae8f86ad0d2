/** `wrk` as a load generator: requests per second and latencies of one script. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Defines `request()`, and whatever it needs. */
  readonly lua: string;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were no success, and connections that broke. */
  readonly failures: number;
}

const done = `
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %f %f %f %d\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
`;

export async function runWrk({ url, connections, seconds, lua }: Load): Promise<LoadResult> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-wrk-'));
  try {
    const script = join(dir, 'load.lua');
    writeFileSync(script, lua + done);
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
    const { stdout } = await promisify(execFile)('wrk', args);
    const match = /RESULT (\S+) (\S+) (\S+) (\d+)/.exec(stdout);
    if (match === null) throw new Error(`wrk printed no result:\n${stdout}`);
    const [perSecond = 0, p50Ms = 0, p99Ms = 0, failures = 0] = match.slice(1).map(Number);
    return { perSecond, p50Ms, p99Ms, failures };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A request to one of `count` VMs, by chance. `body`: a Lua expression of `n`, a number that grows. */
export function luaRequests(method: string, token: string, count: number, body: string | null = null): string {
  const headers = `wrk.headers["authorization"] = "Bearer ${token}"\nwrk.headers["content-type"] = "application/json"`;
  return `${headers}
local n = 0
function request()
  n = n + 1
  return wrk.format("${method}", string.format("/v1/vms/vm-%05d", math.random(0, ${count - 1})), nil, ${body ?? 'nil'})
end
`;
}
