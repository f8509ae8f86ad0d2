/** What `-o` may be, of all commands together. */
export const outputFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Of a command that prints documents, and has nothing more to show than its table. */
export const documentFormats: readonly OutputFormat[] = ['table', 'json', 'yaml', 'name'];

/** Of a command that prints text as it comes, and no document. */
export const textOnly: readonly OutputFormat[] = ['table'];
