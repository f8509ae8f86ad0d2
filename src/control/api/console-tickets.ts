import type { Uid } from '../../core/kit/brand.ts';
import { consoleTokensMax } from './api-config.ts';

export interface ConsoleTicket {
  readonly uid: Uid;
  readonly name: string;
  readonly readOnly: boolean;
  readonly principal: string;
  readonly expiresAt: number;
}

/** Single-use tokens; they live in memory, a restart of the control plane ends them. */
export class Tickets {
  readonly #byToken = new Map<string, ConsoleTicket>();

  add(token: string, ticket: ConsoleTicket): void {
    const oldest = this.#byToken.keys().next();
    if (this.#byToken.size >= consoleTokensMax && !oldest.done) this.#byToken.delete(oldest.value);
    this.#byToken.set(token, ticket);
  }

  take(token: string, name: string, now: number): ConsoleTicket | null {
    const ticket = this.#byToken.get(token);
    this.#byToken.delete(token);
    return ticket !== undefined && ticket.name === name && now < ticket.expiresAt ? ticket : null;
  }
}
