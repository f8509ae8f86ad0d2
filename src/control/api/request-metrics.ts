/** Requests as Prometheus counts them; cheap enough to run for each. */
import { Counter, Histogram, type Registry } from 'prom-client';

export interface RequestMeter {
  count(method: string, route: string, status: number, milliseconds: number): void;
}

/** Seconds: from a read out of memory to a wait for a task. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

export function createRequestMeter(registry: Registry): RequestMeter {
  const requests = new Counter({
    name: 'holdfast_http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const times = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time until the answer was sent, by method and route; waits that were asked for included.',
    labelNames: ['method', 'route'],
    buckets,
    registers: [registry],
  });
  const counted = new Map<string, Counter.Internal>();
  const timed = new Map<string, Histogram.Internal<string>>();
  return {
    count(method, route, status, milliseconds) {
      const of = `${method} ${route}`;
      const key = `${of} ${status}`;
      const counter = counted.get(key) ?? requests.labels(method, route, String(status));
      counted.set(key, counter);
      counter.inc();
      const histogram = timed.get(of) ?? times.labels(method, route);
      timed.set(of, histogram);
      histogram.observe(milliseconds / 1000);
    },
  };
}
