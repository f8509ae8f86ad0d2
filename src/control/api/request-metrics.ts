/** Requests as Prometheus counts them; cheap enough to run for each. */
import { Counter, Histogram, type Registry } from 'prom-client';

export interface RequestMeter {
  count(method: string, route: string, status: number, milliseconds: number): void;
}

interface RouteMeter {
  readonly time: Histogram.Internal<string>;
  readonly byStatus: Map<number, number>;
}

/** Seconds: from a read out of memory to a wait for a task. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

export function createRequestMeter(registry: Registry): RequestMeter {
  // By route, then method: no text is made to look one up.
  const routes = new Map<string, Map<string, RouteMeter>>();
  new Counter({
    name: 'holdfast_http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
    // Kept as plain numbers until they are asked for: to look up a counter by its labels costs more than to count.
    collect() {
      this.reset();
      for (const [route, methods] of routes) {
        for (const [method, { byStatus }] of methods) {
          for (const [status, count] of byStatus) this.inc({ method, route, status }, count);
        }
      }
    },
  });
  const times = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time until the answer was sent, by method and route; waits that were asked for included.',
    labelNames: ['method', 'route'],
    buckets,
    registers: [registry],
  });
  const meterOf = (method: string, route: string): RouteMeter => {
    const methods = routes.get(route) ?? new Map<string, RouteMeter>();
    routes.set(route, methods);
    const meter = methods.get(method) ?? { time: times.labels(method, route), byStatus: new Map() };
    methods.set(method, meter);
    return meter;
  };
  return {
    count(method, route, status, milliseconds) {
      const { time, byStatus } = meterOf(method, route);
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
      time.observe(milliseconds / 1000);
    },
  };
}
