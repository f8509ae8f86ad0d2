/** An opened source of image bytes: a local file or an HTTP answer. Read once, then closed, whatever happened. */
export interface ImageSource {
  /** What the source says its size is; null = it does not say. */
  readonly totalBytes: number | null;
  /** The next bytes, undefined at the end. Fault `image_unavailable` when the source breaks off or changes. */
  read(): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}
