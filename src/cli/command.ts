/**
 * A command as data: the parser, `--help`, the guide and the completion are all made from the same definition, so none of
 * them can say something else than another. One file a command below `commands/`, imported only when it is chosen.
 */
import type { Cli } from './cli.ts';
import type { OptionValues } from './option-values.ts';
import type { OutputFormat } from './output-formats.ts';

/** What a word on the command line names; completion asks the server for it. */
export type Completes = 'vm' | 'node' | 'task' | 'file' | 'directory' | 'field';

export interface ArgumentDefinition {
  /** `<name>`, `[name]`, `[name...]`. */
  readonly syntax: string;
  readonly text: string;
  readonly completes?: Completes;
}

export interface OptionDefinition {
  /** `-f, --filename <path>`; with `[value]` the value is only read after `=`, so that `--wait NAME` means what it says. */
  readonly flags: string;
  readonly text: string;
  /** May be given several times. */
  readonly repeat?: true;
  /** Nothing else is taken. */
  readonly choices?: readonly string[];
  /** Offered while it is typed; the control plane, or the command itself, says what else is right. */
  readonly offers?: readonly string[];
  readonly completes?: Completes;
}

export interface Example {
  readonly line: string;
  readonly text: string;
}

export interface CommandDefinition {
  readonly arguments: readonly ArgumentDefinition[];
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly Example[];
  /** More than the summary says, in full sentences. */
  readonly details?: string;
  /** A flag that is given again overrules itself: a script or a service unit puts its own flags before those of its user. */
  readonly laterFlagsWin?: true;
  /** What `-o` may be, `documentFormats` unless said. What is not in it is refused: nothing is printed otherwise than asked. */
  readonly formats?: readonly OutputFormat[];
  /** What it may be with `-w`, which prints one document after the other. */
  readonly watchFormats?: readonly OutputFormat[];
  /** Resolves with the exit code. */
  run(cli: Cli, words: readonly string[], options: OptionValues): Promise<number>;
}

export interface CommandEntry {
  /** `['vm', 'get']`. */
  readonly path: readonly string[];
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Not shown in help; completion scripts call it. */
  readonly hidden?: true;
  load(): Promise<CommandDefinition>;
}
