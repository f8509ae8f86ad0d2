import { delimiter, join } from 'node:path';
import type { OptionDefinition } from '../../cli/command.ts';
import type { OptionValues } from '../../cli/option-values.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What `up` and `agent` say about images (spec §11). */
export const imageOptions: readonly OptionDefinition[] = [
  {
    flags: '--image-dir <dir>',
    text: 'file: images may come from here (HOLDFAST_IMAGE_DIRS, colon-separated; else DATA/images)',
    repeat: true,
    completes: 'directory',
  },
  {
    flags: '--allow-private-images',
    text: 'image URLs may reach private and loopback addresses (HOLDFAST_ALLOW_PRIVATE_IMAGES=1)',
  },
];

/** The directories of flags and environment together; `DATA/images` where there is neither. */
export function imageDirsOf(options: OptionValues, env: Env, dataDir: string): readonly string[] {
  const fromEnv = (env['HOLDFAST_IMAGE_DIRS'] ?? '').split(delimiter).filter((dir) => dir !== '');
  const named = [...options.list('image-dir'), ...fromEnv];
  return named.length > 0 ? [...new Set(named)] : [join(dataDir, 'images')];
}

export function allowsPrivateImages(options: OptionValues, env: Env): boolean {
  return options.flag('allow-private-images') || env['HOLDFAST_ALLOW_PRIVATE_IMAGES'] === '1';
}
